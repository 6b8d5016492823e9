// run, resume, status, plan, stop: streams, objects and exit codes.
#include <catch2/catch.hpp>

#include <cmath>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using Catch::Contains;

TEST_CASE("run prints its table on stdout, and does not repeat itself") {
  const Desk desk;
  const auto first = desk.assay("run two.yaml");
  CHECK(first.code == 0);
  CHECK_THAT(first.err, Contains("two: 2 trials, 0 already done") && Contains("done seed=1"));
  CHECK_THAT(first.out, !Contains("already done"));
  CHECK_FALSE(first.out.empty());
  CHECK((first.out + first.err).find('\033') == std::string::npos);
  const auto second = desk.assay("run two.yaml");
  CHECK(second.code == 0);
  CHECK_THAT(second.err, Contains("2 already done"));
}

TEST_CASE("run --json prints one object") {
  const Desk desk;
  const auto answer = desk.json("run two.yaml");
  CHECK(answer.at("schema") == "assay.run/1");
  CHECK(answer.at("name") == "two");
  REQUIRE(answer.at("trials").size() == 2);
  const auto& trial = answer.at("trials")[1];
  CHECK(trial.at("state") == "done");
  CHECK(trial.at("reused") == false);
  CHECK(trial.at("seed") == 1);
  CHECK(trial.at("axes").is_object());
  CHECK(trial.at("stages").size() == 1);
  CHECK(trial.at("metrics").at("test/accuracy") == Approx(0.51));
  CHECK(trial.at("error").is_null());
  CHECK(std::filesystem::exists(desk.folder.path() / trial.at("dir").get<std::string>()));
  CHECK(answer.contains("report"));
  CHECK(desk.json("run two.yaml").at("trials")[0].at("reused") == true);
}

TEST_CASE("status tells the same without running") {
  const Desk desk;
  CHECK(desk.json("status two.yaml").at("trials")[0].at("state") == "queued");
  CHECK(desk.assay("run two.yaml").code == 0);
  CHECK(desk.json("status two.yaml").at("trials")[0].at("state") == "done");
  CHECK(desk.json("status runs/two").at("trials").size() == 2);
  const auto all = desk.json("status");
  CHECK(all.at("schema") == "assay.status/1");
  CHECK(all.at("trials").size() == 2);
}

TEST_CASE("the exit code says how trials ended") {
  const Desk desk;
  CHECK(desk.assay("run two.yaml procedure.act=fail").code == 5);
  CHECK(desk.assay("run two.yaml procedure.act=crash").code == 5);
  CHECK(desk.assay("run two.yaml procedure.act=diverge").code == 6);
  const auto failed = desk.assay("run two.yaml procedure.act=fail --json");
  CHECK(failed.code == 5);
  const auto error = nlohmann::json::parse(failed.out).at("trials")[0].at("error");
  CHECK(error.at("kind") == "data");
  CHECK(error.at("message") == "no such file");
}

TEST_CASE("a signal to the front end gives its exit code, and resume goes on") {
  const Desk desk;
  const auto [name, code] = GENERATE(table<std::string, int>({{"TERM", 143}, {"USR1", 75}}));
  const auto stopped = desk.command(
      "sh -c 'assay run two.yaml procedure.act=slow procedure.units=60 & "
      "while ! ls runs/two/*/tried >/dev/null 2>&1; do sleep 0.05; done; sleep 0.3; kill -" +
      name + " $!; wait $!'");
  CHECK(stopped.code == code);
  const auto before = desk.json("status runs/two").at("trials")[0];
  CHECK(before.at("state") == "interrupted");
  CHECK(desk.assay("resume runs/two").code == 0);
  CHECK(desk.json("status runs/two").at("trials")[0].at("state") == "done");
}

TEST_CASE("a signal while a worker is still loading interrupts it, and it has not failed") {
  const Desk desk;
  const auto stopped = desk.command(
      "sh -c 'FAKE_LOADING=1 assay run two.yaml -j1 procedure.act=slow procedure.units=60 & "
      "while ! ls runs/two/*/log.txt >/dev/null 2>&1; do sleep 0.05; done; sleep 0.2; "
      "kill -USR1 $!; wait $!'");
  CHECK(stopped.code == 75);
  CHECK(desk.json("status runs/two").at("trials")[0].at("state") == "interrupted");
  CHECK_THAT(desk.assay("status").out,
             Contains("two: 2 trials: 1 interrupted, 1 queued"));  // of all experiments
}

TEST_CASE("the signal that a cluster sends is settable") {
  const Desk desk;
  const auto stopped = desk.command(
      "sh -c 'assay run two.yaml --requeue-signal TERM procedure.act=slow procedure.units=60 & "
      "while ! ls runs/two/*/tried >/dev/null 2>&1; do sleep 0.05; done; kill -TERM $!; wait $!'");
  CHECK(stopped.code == 75);
  const auto wrong = desk.assay("run two.yaml --requeue-signal KILL");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("is `KILL`, expected USR1, USR2, HUP or TERM"));
}

TEST_CASE("a trial whose front end and worker were killed is interrupted, not running") {
  const Desk desk;
  desk.command(
      "sh -c 'assay run two.yaml -j1 procedure.act=deaf & "
      "while ! grep -qs running runs/two/*/status.json; do sleep 0.05; done; kill -9 $!; wait $!; "
      "kill -9 $(grep -o \"pid.: [0-9]*\" runs/two/*/job.json | grep -o [0-9]*)'");
  CHECK(desk.json("status runs/two").at("trials")[0].at("state") == "interrupted");
}

TEST_CASE("a second SIGINT does not wait for a worker that hears nothing") {
  const Desk desk;
  const auto stopped = desk.command(
      "sh -c 'assay run two.yaml -j1 procedure.act=deaf & "
      "while ! ls runs/two/*/tried >/dev/null 2>&1; do sleep 0.05; done; sleep 0.2; kill -INT $!; "
      "sleep 0.3; kill -INT $!; wait $!'");
  CHECK(stopped.code == 130);
}

TEST_CASE("a second front end is told who is there, and stop makes the first one leave") {
  const Desk desk;
  const auto said = desk.command(
      "sh -c 'assay run two.yaml procedure.act=slow procedure.units=200 2>first & "
      "while ! ls runs/two/*/tried >/dev/null 2>&1; do sleep 0.05; done; "
      "assay run two.yaml procedure.act=slow procedure.units=200; echo second $?; assay stop "
      "two.yaml; echo stop $?; wait $!; echo first $?'");
  CHECK_THAT(said.out, Contains("second 1\n") && Contains("stop 0\n") && Contains("first 143\n"));
  CHECK_THAT(said.err, Contains("is being written by process") && Contains("assay stop"));
}

TEST_CASE("a metric that no trial has is named, with those there are") {
  const Desk desk;
  for (const std::string verb : {"run", "compare", "report"}) {
    const auto said = desk.assay(verb + " two.yaml report.metric=test/acc");
    CHECK(said.code == 1);
    CHECK_THAT(
        said.out + said.err,
        Contains("no finished trial has the metric `test/acc`; available are test/accuracy"));
  }
}

TEST_CASE("compare has one observation per value of the axis that report.repeats names") {
  const Desk desk;
  desk.folder.write("folds.yaml",
                    "assay: 1\nname: folds\nprocedure: {use: fake}\n"
                    "sweep: {procedure.units: [2, 3], procedure.act: [ok, slow], seed: [0, 1, 2]}\n"
                    "report: {compare: procedure.units, repeats: procedure.act}\n");
  REQUIRE(desk.assay("run folds.yaml").code == 0);
  const auto of = [&](const std::string& overrides) {
    return desk.json("compare folds.yaml " + overrides).at("statistics").at("comparisons")[0];
  };
  CHECK(of("").at("n") == 2);
  CHECK(of("").at("pairs") == 6);
  CHECK(of("'~report.repeats'").at("n") == 3);
  CHECK_THAT(desk.assay("compare folds.yaml").out, Contains("3 - 2 has equal differences"));
}

TEST_CASE("compare --json gives the numbers of its table") {
  const Desk desk;
  desk.assay("run two.yaml");
  const auto found = desk.json("compare two.yaml").at("statistics").at("groups");
  REQUIRE(found.size() == 1);
  CHECK(found[0].at("metric") == "test/accuracy");
  CHECK(found[0].at("n") == 2);
  CHECK(found[0].at("mean") == Approx(0.505));
  CHECK(found[0].at("deviation") == Approx(0.01 / std::sqrt(2)));
}

TEST_CASE("the folder of an experiment knows the trials that were never started") {
  const Desk desk;
  const auto stopped = desk.command(
      "sh -c 'assay run two.yaml -j1 procedure.act=slow procedure.units=60 & "
      "while ! ls runs/two/*/tried >/dev/null 2>&1; do sleep 0.05; done; kill -TERM $!; wait $!'");
  CHECK(stopped.code == 143);
  const auto before = desk.json("status runs/two").at("trials");
  REQUIRE(before.size() == 2);
  CHECK(before[1].at("state") == "queued");
  desk.assay("resume runs/two");
  const auto after = desk.json("status runs/two");
  for (const auto& trial : after.at("trials")) CHECK(trial.at("state") == "done");
}

TEST_CASE("plan says what is left and runs nothing") {
  const Desk desk;
  const auto before = desk.json("plan two.yaml");
  CHECK(before.at("trials").size() == 2);
  CHECK(before.at("trials")[0].at("done") == false);
  CHECK(before.at("cost").at("seconds").is_null());
  CHECK_FALSE(std::filesystem::exists(desk.folder.path() / "runs"));
  desk.assay("run two.yaml");
  CHECK(desk.json("plan two.yaml").at("trials")[0].at("done") == true);
  CHECK(desk.json("plan two.yaml sweep.seed=[5,6]").at("cost").at("seconds").is_number());
  CHECK(desk.assay("run two.yaml --dry-run").code == 0);
}

TEST_CASE("the cost follows the steps and epochs of the procedure") {
  const Desk desk;
  desk.folder.write("cost.yaml", "assay: 1\nname: cost\nprocedure: {use: fake, steps: 10}\n");
  REQUIRE(desk.assay("run cost.yaml").code == 0);
  const auto seconds = [&](const std::string& overrides) {
    return desk.json("plan cost.yaml " + overrides).at("cost").at("seconds").get<double>();
  };
  const double one = seconds("procedure.steps=20");
  CHECK(one > 0);
  CHECK(seconds("procedure.steps=20000") == Approx(1000 * one));
}

TEST_CASE("rows of one name that parallel stages give are told apart") {
  const Desk desk;
  desk.folder.write("fork.yaml",
                    "assay: 1\nname: fork\nprocedure: {use: fake}\nstages:\n  a: {}\n"
                    "  b: {after: a, seed: 20}\n  c: {after: a, seed: 30}\n");
  const auto metrics = desk.json("run fork.yaml").at("trials")[0].at("metrics");
  CHECK(metrics.size() == 3);
  CHECK(metrics.contains("a:test/accuracy"));
  CHECK(metrics.at("b:test/accuracy") == Approx(0.7));
  CHECK(metrics.at("c:test/accuracy") == Approx(0.8));
  desk.folder.write("chain.yaml",
                    "assay: 1\nname: chain\nprocedure: {use: fake}\nstages:\n  a: {}\n"
                    "  b: {after: a, seed: 20}\n  c: {after: b, seed: 30}\n");
  const auto last = desk.json("run chain.yaml").at("trials")[0].at("metrics");
  CHECK(last.size() == 3);
  CHECK(last.contains("b:test/accuracy"));
  CHECK(last.at("test/accuracy") == Approx(0.8));
}

TEST_CASE("stop of what does not run says so") {
  const Desk desk;
  desk.assay("run two.yaml");
  const auto said = desk.assay("stop runs/two");
  CHECK(said.code == 0);
  CHECK_THAT(said.err, Contains("is not running"));
}

TEST_CASE("an unwritable runs folder is a failure that says what to do") {
  const Desk desk;
  desk.folder.write("file", "");
  const auto said = desk.assay("run two.yaml --runs file/runs");
  CHECK(said.code == 1);
  CHECK_THAT(said.err, Contains("file/runs") && Contains("--runs"));
}
