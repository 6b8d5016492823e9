// experiment.jsonl: what was asked for is read back whole, each version once.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "runner/manifest/current.h"
#include "runner/manifest/report.h"
#include "runner/manifest/versions.h"
#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

struct Recorded : Desk {
  Recorded() { std::filesystem::create_directory(dir); }
  void record(const std::string& text, const std::vector<std::string>& overrides = {},
              const std::map<std::string, std::string>& taken = {}) {
    record_version(dir, read(text, overrides), taken);
  }
  std::vector<Version> versions() const { return read_versions(dir); }
  std::vector<int> numbers() const {
    std::vector<int> all;
    for (const auto& one : versions()) all.push_back(one.number);
    return all;
  }
  std::string complaint_of(Stage stage, const Moves& moves = {}) const {
    Complaints complaints;
    make_current(stage, moves, catalog, {"experiment.jsonl", 1, 1}, complaints);
    try {
      complaints.throw_if_any();
    } catch (const ManifestErrors& errors) {
      return errors.all().at(0).text();
    }
    return "";
  }

  std::filesystem::path dir = folder.path() / "t";
};

const std::string kSweep = kBase + "sweep:\n  optimizer.lr: [0.1, 0.2]\n  seed: [3, 4]\n";

}  // namespace

TEST_CASE("a version keeps what repeats, and one of before has nothing that does") {
  Recorded desk;
  const auto asked = desk.read(kSweep + "report: {metric: test/nll, repeats: [optimizer.lr]}\n");
  record_version(desk.dir, asked, {});
  CHECK(desk.versions().at(0).experiment.report.repeats == Strings{"optimizer.lr"});
  CHECK(report_from_json({{"metric", ""}, {"compare", ""}}).repeats.empty());
  CHECK(desk.read(kSweep + "report: {repeats: optimizer.lr}\n").report.repeats ==
        Strings{"optimizer.lr"});
}

TEST_CASE("a version reads back as the experiment that was recorded") {
  Recorded desk;
  const std::string text =
      kBase +
      "report: {metric: test/accuracy, compare: optimizer}\nlimits:\n  retries: 2\n  workers: 3\n"
      "  checkpoint_every: 5s\n  memory: 1GiB\n"
      "  slurm: {partition: gpu, time: 90m, memory: 2GiB, extra: [--exclusive, -C a]}\n"
      "sweep:\n  optimizer: {a: {use: sam, rho: 0.1}}\n  seed: [3]\n"
      "stages: {fit: {procedure: train, seed: 7}, more: {after: fit, weights: fit}}\n";
  const auto asked = desk.read(text, {"procedure.steps=6"});
  record_version(desk.dir, asked, {{"some id", "other/0123"}});
  const auto version = desk.versions().at(0);
  CHECK(version.taken == std::map<std::string, std::string>{{"some id", "other/0123"}});
  const auto& again = version.experiment;
  CHECK(again.name == "t");
  CHECK(again.source->text == text);
  CHECK(again.source->composed == asked.source->composed);
  CHECK(again.source->overrides == Strings{"procedure.steps=6"});
  CHECK(again.report.metric == "test/accuracy");
  CHECK(again.report.compare == "optimizer");
  CHECK(again.limits.retries == 2);
  CHECK(again.limits.workers == 3);
  CHECK(again.limits.checkpoint_every == 5);
  CHECK(again.limits.memory == (1LL << 30));
  CHECK(again.limits.slurm.time == 5400);
  CHECK(again.limits.slurm.extra == Strings{"--exclusive", "-C a"});
  REQUIRE(again.trials.size() == 1);
  CHECK(again.trials[0].id == asked.trials[0].id);
  CHECK(again.trials[0].axes == asked.trials[0].axes);
  CHECK(again.trials[0].seed == 3);
  REQUIRE(again.trials[0].stages.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto &one = again.trials[0].stages[i], &other = asked.trials[0].stages[i];
    CHECK(one.components == other.components);
    CHECK(resolved_yaml(again, again.trials[0], one) ==
          resolved_yaml(asked, asked.trials[0], other));
    CHECK(desk.complaint_of(one).empty());
  }
  CHECK(again.trials[0].stages[0].seed == 7);
}

TEST_CASE("the same request is recorded once, an edited one is another version") {
  Recorded desk;
  desk.record(kSweep);
  desk.record(kSweep);
  CHECK(desk.numbers() == std::vector<int>{1});
  desk.record("# a remark\n" + kSweep);  // asks for the same trials
  CHECK(desk.numbers() == std::vector<int>{1});
  CHECK(desk.versions().at(0).experiment.source->text == "# a remark\n" + kSweep);
  desk.record(kSweep, {"procedure.steps=6"});
  CHECK(desk.numbers() == std::vector<int>{1, 2});
  desk.record(kSweep);  // the first is the newest again
  CHECK(desk.numbers() == std::vector<int>{2, 1});
  CHECK(desk.versions().at(0).experiment.trials.size() == 4);
}

TEST_CASE("a stage whose data has moved is recorded with the new place") {
  Recorded desk;
  for (const char* place : {"a/t.csv", "b/t.csv"}) {
    const auto file = desk.folder.write(place, "bytes");
    desk.record(kBase, {"dataset={use: toy, file: " + file.string() + "}"});
    const auto versions = desk.versions();
    REQUIRE(versions.size() == 1);
    CHECK(versions[0].experiment.trials.at(0).stages.at(0).data.begin()->first == file.string());
  }
}

TEST_CASE("a record of another format is told as such") {
  Recorded desk;
  desk.record(kBase);
  auto text = slurp(desk.dir / "experiment.jsonl");
  desk.folder.write("t/experiment.jsonl", text.replace(text.find("\"assay\":1"), 9, "\"assay\":9"));
  CHECK_THROWS_WITH(desk.versions(), Contains("its format is 9"));
}

TEST_CASE("a folder without a record and a damaged record are told") {
  Recorded desk;
  CHECK_THROWS_WITH(desk.versions(),
                    Contains("is not the folder of an experiment: it has no experiment.jsonl"));
  desk.record(kSweep);
  desk.folder.write("t/experiment.jsonl", "");
  CHECK_THROWS_WITH(desk.versions(), Contains("experiment.jsonl is empty: what it asked for"));
  desk.record(kSweep);
  for (const char* line : {"no JSON\n", "{}\n", "[1]\n", "{\"stages\": 3}\n"}) {
    desk.folder.write("t/experiment.jsonl", slurp(desk.dir / "experiment.jsonl") + line);
    CHECK_THROWS_WITH(desk.versions(), Contains("experiment.jsonl:2: is not a record that"));
    std::filesystem::remove(desk.dir / "experiment.jsonl");
    desk.record(kSweep);
  }
}

TEST_CASE("a stage whose plugin was rebuilt is not gone on with") {
  Recorded desk;
  desk.record(kBase);
  const auto stage = desk.versions().at(0).experiment.trials.at(0).stages.at(0);
  CHECK(desk.complaint_of(stage).empty());
  for (auto& component : desk.catalog.components)
    if (component.name == "sgd") component.build = "another build";
  CHECK_THAT(desk.complaint_of(stage), Contains("experiment.jsonl:1:1: sgd.so was rebuilt after "
                                                "this run started: run the manifest again"));
  std::erase_if(desk.catalog.components, [](const auto& one) { return one.name == "sgd"; });
  CHECK_THAT(desk.complaint_of(stage), Contains("no optimizer `sgd`"));
}

TEST_CASE("a plugin or a core in another folder is the same") {
  Recorded desk;
  desk.record(kBase);
  for (auto& component : desk.catalog.components)
    component.plugin = "/elsewhere/" + component.name + ".so";
  CHECK(desk.complaint_of(desk.versions().at(0).experiment.trials.at(0).stages.at(0)).empty());
}

TEST_CASE("data is found where it lay, beside a moved folder, and where the user says") {
  Recorded desk;
  const auto here = desk.folder.path();
  desk.folder.write("old/t.csv", "bytes");
  desk.record(kBase, {"dataset={use: toy, file: " + (here / "old/t.csv").string() + "}"});
  auto stage = desk.versions().at(0).experiment.trials.at(0).stages.at(0);
  Moves moves{{}, here / "old/runs/t", here / "new/runs/t"};
  CHECK(desk.complaint_of(stage, moves).empty());
  std::filesystem::rename(here / "old", here / "new");
  CHECK(desk.complaint_of(stage, moves).empty());
  Complaints none;
  make_current(stage, moves, desk.catalog, {}, none);
  CHECK(stage.data.begin()->first == (here / "new/t.csv").string());
  std::filesystem::rename(here / "new", here / "third");
  stage = desk.versions().at(0).experiment.trials.at(0).stages.at(0);
  CHECK_THAT(desk.complaint_of(stage, moves),
             Contains("the data at " + (here / "old/t.csv").string() +
                      " is gone: put it back, or name where it is now with --data "));
  moves.named = {{here / "old", here / "third"}};
  CHECK(desk.complaint_of(stage, moves).empty());
  moves.named = {{here / "old/t.csv", here / "third/t.csv"}};
  CHECK(desk.complaint_of(stage, moves).empty());
  desk.folder.write("third/t.csv", "other bytes");
  CHECK_THAT(desk.complaint_of(stage, moves),
             Contains("third/t.csv is not the data that this run started with at "));
  desk.folder.write("old/t.csv", "changed");
  moves.named.clear();
  CHECK_THAT(desk.complaint_of(stage, moves), Contains("old/t.csv changed after this run started"));
}
