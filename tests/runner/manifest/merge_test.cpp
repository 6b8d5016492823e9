// Versions of one manifest in one table: never two settings in one row.
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "runner/manifest/merge.h"
#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;

namespace {

using Axes = std::map<std::string, std::string>;

struct Versions : Desk {
  void ask(const std::string& text, const std::vector<std::string>& overrides = {}) {
    std::filesystem::create_directories(folder.path() / "t");
    record_version(folder.path() / "t", read(text, overrides), {});
  }
  Merged merged() const { return merge_versions(read_versions(folder.path() / "t")); }
  std::vector<Axes> rows() const {
    std::vector<Axes> all;
    for (const auto& trial : merged().experiment.trials) all.push_back(row_of(trial));
    std::sort(all.begin(), all.end());
    return all;
  }
  void rebuild(const std::string& name, const std::string& build) {
    for (auto& component : catalog.components)
      if (component.name == name) component.build = build;
  }
};

std::vector<Axes> sorted(std::vector<Axes> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

TEST_CASE("one version keeps its own axes") {
  Versions desk;
  desk.ask(kBase + "sweep: {optimizer: [{use: sgd}, {use: sam}], seed: [0, 1]}\n");
  CHECK(desk.merged().differing.empty());
  CHECK(desk.rows() == sorted({{{"optimizer", "sgd"}},
                               {{"optimizer", "sgd"}},
                               {{"optimizer", "sam"}},
                               {{"optimizer", "sam"}}}));
}

TEST_CASE("two values of a parameter are two rows, also with other seeds") {
  Versions desk;
  desk.ask(kBase, {"procedure.steps=6", "+seed=1"});
  desk.ask(kBase, {"procedure.steps=7", "+seed=9"});
  CHECK(desk.rows() == sorted({{{"procedure.steps", "6"}}, {{"procedure.steps", "7"}}}));
  CHECK(desk.merged().differing == Strings{"procedure.steps"});
}

TEST_CASE("a default that is not written is told by its value") {
  Versions desk;
  desk.ask(kBase);
  desk.ask(kBase, {"procedure.steps=7"});
  CHECK(desk.rows() == sorted({{{"procedure.steps", "5"}}, {{"procedure.steps", "7"}}}));
}

TEST_CASE("a default that is written is no difference") {
  Versions desk;
  desk.ask(kBase, {"+seed=1"});
  desk.ask(kBase, {"procedure.steps=5", "+seed=2"});
  CHECK(desk.rows() == sorted({{}, {}}));
}

TEST_CASE("other seeds of the same settings share a row") {
  Versions desk;
  for (const char* seed : {"1", "2"})
    desk.ask(kBase, {"dataset={use: toy, size: '${seed}'}", std::string("+seed=") + seed});
  CHECK(desk.rows() == sorted({{}, {}}));
}

TEST_CASE("another component is told by its name") {
  Versions desk;
  desk.ask(kBase);
  desk.ask(kBase, {"optimizer.use=sam"});
  const auto rows = desk.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("optimizer") == "sam");
  CHECK(rows[1].at("optimizer") == "sgd");
}

TEST_CASE("an axis of one version is a setting of the other") {
  Versions desk;
  desk.ask(kBase, {"+seed=5"});
  desk.ask(kBase + "sweep: {optimizer.lr: [0.1, 0.2]}\n");
  CHECK(desk.rows() ==
        sorted({{{"optimizer.lr", "0.1"}}, {{"optimizer.lr", "0.1"}}, {{"optimizer.lr", "0.2"}}}));
}

TEST_CASE("a trial that two versions ask for is there once") {
  Versions desk;
  desk.ask(kBase + "sweep: {optimizer.lr: [0.1, 0.2]}\n");
  desk.ask(kBase + "sweep: {optimizer.lr: [0.2, 0.3]}\n");
  CHECK(desk.rows() ==
        sorted({{{"optimizer.lr", "0.1"}}, {{"optimizer.lr", "0.2"}}, {{"optimizer.lr", "0.3"}}}));
}

TEST_CASE("a trial that is asked for again with another build takes the place of the old one") {
  Versions desk;
  desk.ask(kBase);
  desk.rebuild("sgd", "another build");
  desk.ask(kBase);
  const auto merged = desk.merged();
  REQUIRE(merged.experiment.trials.size() == 1);
  CHECK(merged.superseded == 1);
  CHECK(merged.experiment.trials[0].id == desk.id(kBase));
}

TEST_CASE("trials of two builds are two rows") {
  Versions desk;
  desk.ask(kBase, {"+seed=1"});
  desk.rebuild("sgd", "another build");
  desk.ask(kBase, {"+seed=2"});
  CHECK(desk.rows() == sorted({{{"build of sgd.so", "b-sgd"}}, {{"build of sgd.so", "another "}}}));
}

TEST_CASE("trials of changed data are two rows") {
  Versions desk;
  const auto with = [&](const std::string& bytes, const std::string& seed) {
    const auto file = desk.folder.write(bytes + "/t.csv", bytes);
    desk.ask(kBase, {"dataset={use: toy, file: " + (file.parent_path() / "t.csv").string() + "}",
                     "+seed=" + seed});
  };
  with("a", "1");
  with("b", "2");
  const auto rows = desk.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("data t.csv") != rows[1].at("data t.csv"));
}

TEST_CASE("arms and alternatives that change their meaning are other rows") {
  const std::string arms =
      kBase + "sweep:\n  arm: {a: {optimizer.lr: 0.1}, b: {optimizer.lr: 0.3}}\n";
  const std::string named =
      kBase + "sweep:\n  optimizer: {a: {use: sgd, lr: 0.1}, b: {use: sam}}\n";
  for (const auto& text : {arms, named})
    for (const std::string second : {"[2, 3]", "[0, 1, 2]"}) {
      INFO(text << second);
      Versions desk;
      desk.ask(text + "  seed: [0, 1]\n");
      std::string changed = text + "  seed: " + second + "\n";
      changed.replace(changed.rfind("lr: 0.1"), 7, "lr: 0.2");
      desk.ask(changed);
      std::map<Axes, std::set<std::string>> settings;
      std::map<Axes, int> count;
      for (const auto& trial : desk.merged().experiment.trials) {
        settings[row_of(trial)].insert(trial.setting);
        ++count[row_of(trial)];
      }
      CHECK(count.size() == 3);  // a of each version, and b of both
      for (const auto& [row, some] : settings) CHECK(some.size() == 1);
    }
}

TEST_CASE("what differs within an arm is told by its value, and the baseline comes first") {
  Versions desk;
  for (const char* lr : {"0.01", "0.02"})
    desk.ask(kBase + "sweep:\n  arm: {base: {procedure.steps: 9}, mine: {optimizer.lr: " + lr +
             "}}\n");
  const auto merged = desk.merged();
  REQUIRE(merged.experiment.trials.size() == 3);
  CHECK(row_of(merged.experiment.trials[0]).at("arm") == "base");
  CHECK(merged.differing == Strings{"optimizer.lr"});
}

TEST_CASE("arms that swap their names are another version, and the old one keeps its own") {
  Versions desk;
  for (const char* names : {"a: {optimizer.lr: 0.3}, b: {optimizer.lr: 0.4}",
                            "b: {optimizer.lr: 0.3}, a: {optimizer.lr: 0.4}"})
    desk.ask(kBase + "sweep:\n  arm: {" + std::string(names) + "}\n");
  const auto versions = read_versions(desk.folder.path() / "t");
  REQUIRE(versions.size() == 2);
  CHECK(versions[0].experiment.trials[0].axes.at("arm") == "a");
  CHECK(versions[1].experiment.trials[0].axes.at("arm") == "b");
}

TEST_CASE("a value that a later stage overrides still makes two settings") {
  Versions desk;
  const std::string text =
      kBase + "stages:\n  pre: {}\n  fine: {after: pre, optimizer: {lr: 0.01}}\n";
  desk.ask(text, {"+seed=1"});
  desk.ask(text, {"optimizer.lr=0.2", "+seed=2"});
  const auto rows = desk.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] != rows[1]);
}

TEST_CASE("an axis of one value and the same value written are one row") {
  Versions desk;
  desk.ask(kBase + "sweep: {optimizer.lr: [1e-1], seed: [0]}\n");
  desk.ask(kBase, {"+seed=1"});
  const auto rows = desk.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == rows[1]);
}

TEST_CASE("two data sets of one name, changed between versions, are other rows") {
  Versions desk;
  const auto with = [&](const std::string& bytes, const std::string& seeds) {
    std::string files;
    for (const std::string place : {"x", "y"})
      files += (files.empty() ? "" : ", ") +
               desk.folder.write(place + bytes + "/t.csv", place + bytes).string();
    desk.ask(kBase + "sweep:\n  dataset.file: {x: " + files.substr(0, files.find(',')) +
             ", y: " + files.substr(files.find(',') + 2) + "}\n  seed: " + seeds + "\n");
  };
  with("1", "[0]");
  with("2", "[1]");
  const auto rows = desk.rows();
  CHECK(std::set<Axes>(rows.begin(), rows.end()).size() == 4);
}

TEST_CASE("the newest version says how a setting is called") {
  Versions desk;
  const std::string arms = kBase + "sweep:\n  arm: {";
  desk.ask(arms + "a: {optimizer.lr: 0.3}, b: {optimizer.lr: 0.4}}\n  seed: [0, 1]\n");
  desk.ask(arms + "b: {optimizer.lr: 0.3}, a: {optimizer.lr: 0.4}}\n  seed: [0, 1, 2]\n");
  for (const auto& trial : desk.merged().experiment.trials) {
    const auto lr = real(trial.stages[0].components.at("optimizer"), "lr");
    CHECK(row_of(trial).at("arm") == (lr == 0.3 ? "b" : "a"));
  }
}

TEST_CASE("seeds with a file each are one setting over versions") {
  Versions desk;
  for (const char* seed : {"1", "2", "3", "4"})
    desk.folder.write(std::string("t") + seed + ".csv", seed);
  const std::string text = kBase + "sweep: {seed: ";
  const std::string file =
      "dataset={use: toy, file: '" + desk.folder.path().string() + "/t${seed}.csv'}";
  desk.ask(text + "[1, 2]}\n", {file});
  desk.ask(text + "[3, 4]}\n", {file});
  const auto rows = desk.rows();
  CHECK(rows.size() == 4);
  CHECK(std::set<Axes>(rows.begin(), rows.end()).size() == 1);
}
