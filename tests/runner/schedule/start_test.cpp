// What becomes of a sweep, or of a trial of it, that cannot begin.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/runner/schedule/sweep_fixture.h"

using assay::RunState;
using assay::testing::Sweep;
using Catch::Contains;

TEST_CASE("a worker program that is not there is an error that names it") {
  Sweep sweep;
  sweep.add("a", "ok");
  setenv("ASSAY_WORKER", "/nowhere/assay-worker", 1);
  CHECK_THROWS_WITH(sweep.run(), Contains("/nowhere/assay-worker"));
}

TEST_CASE("a runs folder that cannot be made is an error that names it") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.folder.write("file", "");
  sweep.options.runs = sweep.folder.path() / "file" / "runs";
  CHECK_THROWS_WITH(sweep.run(), Contains("file/runs") && Contains("--runs"));
}

TEST_CASE("a run folder that anybody may write is refused before anything runs") {
  Sweep sweep;
  sweep.add("a", "ok");
  const auto folder = sweep.options.runs / "fake";
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  CHECK_THROWS_WITH(sweep.run(), Contains(folder.string()) && Contains("chmod o-w"));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  CHECK(sweep.run()[0].state == RunState::kDone);
}

TEST_CASE("a runs folder that anybody may write is refused, and so is a finished trial's") {
  Sweep sweep;
  sweep.add("a", "ok");
  CHECK(sweep.run()[0].state == RunState::kDone);
  for (const auto& folder : {sweep.options.runs, sweep.dir("a")}) {
    std::filesystem::permissions(folder, std::filesystem::perms::all);
    CHECK_THROWS_WITH(sweep.run(), Contains(folder.string() + ": is writable by everyone"));
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  }
  CHECK(sweep.run()[0].state == RunState::kDone);
}

TEST_CASE("a damaged status is said, and its trial goes on from what it left") {
  Sweep sweep;
  sweep.add("a", "ok");
  CHECK(sweep.run()[0].state == RunState::kDone);
  sweep.folder.write("runs/fake/" + sweep.dir("a").filename().string() + "/status.json", "{}");
  const auto looked = assay::read_outcomes(sweep.experiment, sweep.options.runs)[0];
  CHECK(looked.state == RunState::kInterrupted);
  CHECK_THAT(looked.error_message, Contains("is not a status file of Assay"));
  CHECK(sweep.run()[0].state == RunState::kDone);
}

TEST_CASE("a trial whose own folder anybody may write costs itself alone") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.add("b", "ok");
  std::filesystem::create_directories(sweep.dir("a"));
  std::filesystem::permissions(sweep.dir("a"), std::filesystem::perms::all);
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kFailed);
  CHECK(outcomes[0].error_kind == "io");
  CHECK_THAT(outcomes[0].error_message, Contains("chmod o-w"));
  CHECK(outcomes[1].state == RunState::kDone);
  CHECK(assay::RunFolder(sweep.dir("a")).status().error_message == outcomes[0].error_message);
  std::filesystem::permissions(sweep.dir("a"), std::filesystem::perms::owner_all);
  CHECK(sweep.run()[0].state == RunState::kDone);
}

TEST_CASE("a trial that cannot be started for now is tried again") {
  class OutOfDescriptors final : public assay::Observer {
   public:
    OutOfDescriptors() { getrlimit(RLIMIT_NOFILE, &before_); }
    void stage_ended(const assay::Trial&, const assay::StageOutcome&) override { limit(3); }
    void note(const std::string& text) override {
      limit(before_.rlim_cur);
      notes.push_back(text);
    }
    std::vector<std::string> notes;

   private:
    void limit(rlim_t descriptors) const {
      const rlimit now{descriptors, before_.rlim_max};
      setrlimit(RLIMIT_NOFILE, &now);
    }
    rlimit before_ = {};
  };
  Sweep sweep;
  sweep.experiment.limits.workers = 1;
  sweep.experiment.limits.retries = 1;
  sweep.add("a", "ok");
  sweep.add("b", "ok");
  OutOfDescriptors observer;
  const auto outcomes = assay::schedule(sweep.experiment, sweep.options, observer, sweep.signal);
  observer.note("");
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kDone);
  REQUIRE(observer.notes.size() > 1);
  CHECK_THAT(observer.notes[0], Contains("Too many open files") && Contains("retrying in 1 s"));
}
