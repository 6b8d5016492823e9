// What another build of the code has done: it is not done, it is told, and taken if that is asked
// for.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using namespace assay::testing;
using Catch::Contains;

namespace {

// A worker of other bytes that does the same.
const std::string kOther = "ASSAY_WORKER=$PWD/other_worker.py";

struct Rebuilt : Desk {
  Rebuilt() {
    REQUIRE(assay("run two.yaml -q").code == 0);
    command("cp $ASSAY_SOURCE/tests/support/fake_worker.py other_worker.py");
    command("sh -c 'echo \"# another build\" >> other_worker.py'");
  }
};

}  // namespace

TEST_CASE("trials of another build are not done, and plan and run say so") {
  const Rebuilt desk;
  const auto plan = desk.assay("plan two.yaml", kOther);
  CHECK_THAT(plan.out, Contains("2 trials: 2 queued"));
  CHECK_THAT(plan.out, Contains("2 trials were done by another build of assay-worker; `assay run "
                                "--reuse any-build` takes them"));
  CHECK_THAT(desk.assay("plan two.yaml").out, Contains("2 trials: 2 done"));
  CHECK_THAT(desk.assay("plan two.yaml").out, !Contains("another build"));
  const auto run = desk.assay("run two.yaml", kOther);
  CHECK_THAT(run.err, Contains("2 trials were done by another build of assay-worker; --reuse"));
  CHECK_THAT(run.err, Contains("two: 2 trials, 0 already done"));
  CHECK_THAT(run.out, !Contains("another build"));
}

TEST_CASE("another build's trials are taken if that is asked for, and marked") {
  const Rebuilt desk;
  const auto run = desk.assay("run two.yaml --reuse any-build", kOther);
  CHECK(run.code == 0);
  CHECK_THAT(run.err, Contains("two: 2 trials, 2 already done"));
  CHECK_THAT(run.out, Contains("* with trials that another build of the code has done"));
  const auto again = nlohmann::json::parse(desk.assay("run two.yaml --json", kOther).out);
  for (const auto& trial : again.at("trials")) {
    CHECK(trial.at("other_build") == true);
    CHECK(trial.at("metrics").at("test/accuracy").is_number());
  }
  CHECK_THAT(desk.assay("compare two.yaml", kOther).out, Contains("all *"));
  CHECK_THAT(desk.assay("compare two.yaml").out, !Contains("*"));  // this build's own
  // Of the folder: each run once.
  const auto folder = desk.assay("compare runs/two", kOther);
  CHECK_THAT(folder.out, Contains("all *"));
  CHECK_THAT(folder.out, Contains("  2  "));
  CHECK_THAT(folder.err, !Contains("several versions"));
}

TEST_CASE("another recipe is not taken") {
  const Rebuilt desk;
  const auto run = desk.assay("run two.yaml --reuse any-build procedure.units=4", kOther);
  CHECK_THAT(run.err, Contains("two: 2 trials, 0 already done"));
  CHECK_THAT(run.err, !Contains("another build"));
  CHECK(desk.assay("run two.yaml --reuse all").code == 2);
}
