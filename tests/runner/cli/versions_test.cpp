// An experiment's folder knows what was asked for, whatever has become of the manifest, of the data
// and of other experiments.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using namespace assay::testing;
using Catch::Contains;

namespace {

// A sweep of three that is interrupted in its first trial.
struct Interrupted : Desk {
  Interrupted() {
    folder.write("work/m.yaml",
                 "assay: 1\nname: m\nprocedure: {use: fake, act: slow, units: 30}\n"
                 "sweep: {seed: [0, 1, 2]}\nlimits: {workers: 1}\n");
    const auto said = command(
        "sh -c 'cd work; assay run m.yaml & while ! ls runs/m/*/tried >/dev/null 2>&1; "
        "do sleep 0.05; done; sleep 0.2; kill -INT $!; wait $!'");
    REQUIRE(said.code == 130);
    REQUIRE_THAT(command("ls work/runs/m").out, Contains("experiment.jsonl"));
  }

  // All three are known, and resuming leaves none.
  void check_goes_on(const std::string& words) const {
    INFO(words);
    CHECK_THAT(assay("status " + words).out, Contains("3 trials: 1 interrupted, 2 queued"));
    const auto resumed = assay("resume " + words);
    CHECK(resumed.code == 0);
    CHECK_THAT(resumed.err, Contains("3 trials: 3 done"));
    CHECK_THAT(assay("compare " + words).out, Contains("  3  "));
  }
};

}  // namespace

TEST_CASE("trials that never began are resumed after the manifest was edited, renamed or deleted") {
  const Interrupted desk;
  const auto change =
      GENERATE(as<std::string>(), "true", "sh -c 'echo \"# more\" >> work/m.yaml'",
               "sed -i s/30/31/ work/m.yaml", "mv work/m.yaml work/n.yaml", "rm work/m.yaml");
  INFO(change);
  desk.command(change);
  desk.check_goes_on("work/runs/m");
}

TEST_CASE("an experiment goes on after its folder was renamed, moved or copied") {
  const Interrupted desk;
  const auto [change, folder] = GENERATE(table<std::string, std::string>({
      {"mv work/runs/m work/runs/other", "work/runs/other"},
      {"mv work elsewhere", "elsewhere/runs/m"},
      {"cp -r work/runs/m .", "m"},
      {"sh -c 'mkdir deep; mv work/runs deep/; ln -s deep/runs/m link'", "link"},
  }));
  INFO(change);
  desk.command(change);
  const auto original = desk.command("find work -printf '%P %T@ %s\\n' | sort").out;
  desk.check_goes_on(folder);
  if (change.starts_with("cp"))
    CHECK(desk.command("find work -printf '%P %T@ %s\\n' | sort").out == original);
}

TEST_CASE("a resumed trial keeps the manifest that asked for it") {
  const Interrupted desk;
  desk.command("mv work/m.yaml gone.yaml");
  CHECK(desk.assay("resume work/runs/m").code == 0);
  CHECK(desk.command("sh -c 'cat work/runs/m/*/manifest.yaml | grep -c name:'").out == "3\n");
  CHECK(desk.command("sh -c 'cat work/runs/m/*/provenance.json | grep -c work/m.yaml'").out ==
        "3\n");
}

TEST_CASE("trials of another build are not gone on with, and keep no other from it") {
  const Interrupted desk;
  const std::string other = "ASSAY_WORKER=$PWD/other_worker.py";
  desk.command("cp $ASSAY_SOURCE/tests/support/fake_worker.py other_worker.py");
  desk.command("sh -c 'echo \"# another build\" >> other_worker.py'");
  const std::string sentence =
      "experiment.jsonl:1:1: assay-worker was rebuilt after this run started: run the manifest "
      "again";
  const auto said = desk.assay("resume work/runs/m", other);
  CHECK(said.code == 3);
  CHECK_THAT(said.err, Contains(sentence) && Contains("3 trials: 1 interrupted, 2 queued"));
  const auto json = nlohmann::json::parse(desk.assay("resume work/runs/m --json", other).out);
  CHECK(json.at("trials").size() == 3);
  CHECK_THAT(desk.assay("status work/runs/m", other).out, Contains("1 interrupted, 2 queued"));
  // A version of the new build, of which one trial is not done.
  REQUIRE(desk.assay("run work/m.yaml --runs work/runs -q procedure.units=4", other).code == 0);
  desk.command(
      "sh -c 'rm -r $(grep -l \"\\\"done\\\"\" work/runs/m/*/status.json | head -1 | "
      "xargs dirname)'");
  const auto both = desk.assay("resume work/runs/m", other);
  CHECK(both.code == 3);
  CHECK_THAT(both.err, Contains(sentence) && Contains("6 trials: 3 done, 1 interrupted, 2 queued"));
}

TEST_CASE("versions of a manifest are rows of their own, and one can be chosen") {
  const Desk desk;
  for (const char* change : {"3 +seed=1", "5 +seed=9"})
    REQUIRE(desk.assay(std::string("run two.yaml -q ~sweep procedure.units=") + change).code == 0);
  const auto compared = desk.assay("compare runs/two");
  CHECK_THAT(compared.out, Contains("procedure.units=3") && Contains("procedure.units=5"));
  CHECK_THAT(compared.out, !Contains("  2  "));
  CHECK_THAT(compared.err, Contains("runs/two holds 2 versions of its manifest, 1 (") &&
                               Contains("they differ in procedure.units; --manifest-version"));
  for (const std::string version : {"2", "last"}) {
    const auto one = desk.json("status runs/two --manifest-version " + version).at("trials");
    REQUIRE(one.size() == 1);
    CHECK(one[0].at("seed") == 9);
  }
  CHECK_THAT(desk.assay("export runs/two").out, Contains("experiment,id,procedure.units,seed"));
  const auto wrong = desk.assay("status runs/two --manifest-version 3");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("expected all, last or a number from 1 to 2"));
  CHECK(desk.assay("status two.yaml --manifest-version 1").code == 2);
}

TEST_CASE("resuming a folder finishes all versions") {
  const Interrupted desk;
  REQUIRE(desk.assay("run work/m.yaml --runs work/runs -q procedure.units=4 ~sweep").code == 0);
  CHECK_THAT(desk.assay("status work/runs/m").out,
             Contains("4 trials: 1 done, 1 interrupted, 2 queued"));
  CHECK(desk.assay("resume work/runs/m --manifest-version last").code == 0);
  CHECK_THAT(desk.assay("status work/runs/m").out, Contains("2 queued"));
  CHECK(desk.assay("resume work/runs/m").code == 0);
  CHECK_THAT(desk.assay("status work/runs/m").out, Contains("4 trials: 4 done"));
}

TEST_CASE("trials that were taken from an experiment that is deleted are queued again, and told") {
  const Desk desk;
  REQUIRE(desk.assay("run two.yaml -q name=first").code == 0);
  CHECK_THAT(desk.assay("run two.yaml").err, Contains("2 already done"));
  CHECK_THAT(desk.assay("status runs/two").out, Contains("2 trials: 2 done"));
  desk.command("rm -r runs/first");
  const auto status = desk.assay("status runs/two");
  CHECK_THAT(status.out, Contains("2 trials: 2 queued"));
  CHECK_THAT(status.err, Contains("2 trials of two had been done in `first`, which does not have "
                                  "them any more: they are to be run again"));
  const auto resumed = desk.assay("resume runs/two");
  CHECK(resumed.code == 0);
  CHECK_THAT(resumed.err, Contains("2 trials: 2 done"));
  CHECK_THAT(desk.assay("status runs/two").err, !Contains("first"));
}

TEST_CASE("what failed is run again only if that is asked for") {
  const Desk desk;
  CHECK(desk.assay("run two.yaml procedure.act=fail").code == 5);
  const auto attempts = [&] {
    return desk.json("status runs/two").at("trials")[0].at("stages")[0].at("attempts").get<int>();
  };
  CHECK(attempts() == 1);
  const auto again = desk.assay("run two.yaml procedure.act=fail");
  CHECK(again.code == 5);
  CHECK_THAT(again.err, Contains("2 failed: `--retry failed` runs them again"));
  CHECK(attempts() == 1);
  CHECK(desk.assay("run two.yaml procedure.act=fail --retry failed").code == 5);
  CHECK(attempts() == 2);
  CHECK(desk.assay("resume runs/two").code == 5);
  CHECK(attempts() == 3);
  CHECK(desk.assay("run two.yaml --retry all").code == 2);
}

TEST_CASE("a place for data that nobody needs is refused") {
  const Interrupted desk;
  const auto unused = desk.assay("resume work/runs/m --data /nowhere=.");
  CHECK(unused.code == 2);
  CHECK_THAT(unused.err, Contains("no data of an unfinished trial lay at /nowhere"));
  CHECK(desk.assay("resume work/runs/m --data /nowhere").code == 2);
  CHECK_THAT(desk.assay("resume work/runs/m --data .=/nowhere").err, Contains("does not exist"));
  CHECK(desk.assay("resume work/m.yaml --data .=.").code == 2);
}

TEST_CASE("a folder that is none of an experiment is refused") {
  const Desk desk;
  REQUIRE(desk.assay("run two.yaml -q").code == 0);
  desk.command("mkdir empty");
  const auto empty = desk.assay("status empty");
  CHECK(empty.code != 0);
  CHECK_THAT(empty.err, Contains("empty is not the folder of an experiment or of a run"));
  desk.command(
      "sh -c 'cp -r runs/two/0* runs/two/copy || cp -r $(ls -d runs/two/*/ | head -1) "
      "runs/two/copy'");
  const auto copy = desk.assay("status runs/two/copy");
  CHECK(copy.code != 0);
  CHECK_THAT(copy.err, Contains("a run folder keeps the name that it was given"));
  CHECK(desk.assay("status runs").code != 0);
}

TEST_CASE("one run folder is one stage with what it builds upon") {
  const Desk desk;
  desk.folder.write(
      "chain.yaml",
      "assay: 1\nname: chain\nprocedure: {use: fake}\nstages:\n  a: {}\n"
      "  b: {after: a, procedure: {units: 4}}\n  c: {after: a, procedure: {units: 5}}\n");
  REQUIRE(desk.assay("run chain.yaml -q").code == 0);
  const auto trial = desk.json("status runs/chain").at("trials")[0];
  CHECK(trial.at("stages").size() == 3);
  CHECK(trial.at("id") == desk.json("status chain.yaml").at("trials")[0].at("id"));
  const auto stages_of = [&](std::size_t i) {
    std::string names;
    const auto dir = trial.at("stages")[i].at("dir").get<std::string>();
    const auto status = desk.json("status " + dir);
    for (const auto& one : status.at("trials"))
      for (const auto& stage : one.at("stages")) names += stage.at("name").get<std::string>();
    return names;
  };
  CHECK(stages_of(0) == "a");
  CHECK(stages_of(1) == "ab");
  CHECK(stages_of(2) == "ac");
}
