// Stages that build on each other, and that trials share.
#include <catch2/catch.hpp>

#include "tests/runner/schedule/sweep_fixture.h"

using assay::RunState;
using assay::testing::Sweep;
using Catch::Contains;

namespace {

// Two trials: train (shared) -> left, train -> right.
void fork(Sweep& sweep, const std::string& act) {
  const auto train = Sweep::stage("train", act);
  for (const char* name : {"left", "right"}) {
    auto late = Sweep::stage(name, "ok");
    late.after["train"] = train.id;
    late.weights.stage = "train";
    sweep.add({train, late});
  }
}

}  // namespace

TEST_CASE("a stage that trials share is run once, before those that build on it") {
  Sweep sweep;
  fork(sweep, "ok");
  const auto outcomes = sweep.run();
  REQUIRE(sweep.memory.ended.size() == 3);
  CHECK(sweep.memory.ended[0] == "train");
  for (const auto& outcome : outcomes) CHECK(outcome.state == RunState::kDone);
  const auto job = sweep.job("left").at("job");
  CHECK(job.at("after").at("train") == sweep.dir("train").string());
  CHECK(job.at("weights") == "train");
  CHECK(job.at("subset") == "");
}

TEST_CASE("what builds on a failed stage stays queued and says why") {
  Sweep sweep;
  fork(sweep, "fail");
  const auto outcomes = sweep.run();
  CHECK(sweep.memory.ended.size() == 1);
  for (const auto& outcome : outcomes) {
    CHECK(outcome.state == RunState::kFailed);
    CHECK(outcome.error_message == "no such file");
    CHECK(outcome.stages[1].status.state == RunState::kQueued);
    CHECK_THAT(outcome.stages[1].status.error_message,
               Contains("stage `train`") && Contains("failed"));
  }
}

TEST_CASE("a stage that another experiment has done is reused from its folder") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.run();
  sweep.experiment.name = "other";
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].reused);
  CHECK(outcomes[0].stages[0].dir == sweep.dir("a"));
}

TEST_CASE("a stage that another experiment has not finished is left to it") {
  Sweep sweep;
  sweep.add("a", "crash_once");
  sweep.run();
  sweep.experiment.name = "other";
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].stages[0].dir != sweep.dir("a"));
}

TEST_CASE("looking runs nothing and says how trials stand") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.run();
  sweep.add("b", "ok");
  const auto outcomes = read_outcomes(sweep.experiment, sweep.options.runs);
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kQueued);
  CHECK_FALSE(std::filesystem::exists(sweep.dir("b")));
}
