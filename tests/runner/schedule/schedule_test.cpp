// What becomes of trials that end well, badly, or not at all.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>

#include "assay/error.h"
#include "tests/runner/schedule/sweep_fixture.h"

using assay::RunState;
using assay::testing::Sweep;
using Catch::Contains;

TEST_CASE("a trial that ends well is done, and is not run again") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.add("b", "ok");
  auto outcomes = sweep.run();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK_FALSE(outcomes[0].reused);
  CHECK(outcomes[1].metrics.at("test/accuracy") == Approx(0.51));
  CHECK(sweep.memory.ended.size() == 2);
  CHECK_FALSE(sweep.memory.units.empty());

  sweep.memory = {};
  outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[0].reused);
  CHECK(sweep.memory.ended.empty());
}

TEST_CASE("a run folder tells where it came from") {
  Sweep sweep;
  sweep.options.argv = {"assay", "run", "fake.yaml"};
  sweep.add("a", "ok");
  sweep.run();
  const auto dir = sweep.dir("a");
  CHECK(assay::testing::slurp(dir / "manifest.yaml") == sweep.experiment.source->text);
  CHECK(std::filesystem::exists(dir / "resolved.yaml"));
  CHECK_THAT(assay::testing::slurp(dir / "log.txt"), Contains("what the plugin said last"));
  const auto provenance = nlohmann::json::parse(assay::testing::slurp(dir / "provenance.json"));
  CHECK(provenance.at("id") == Sweep::id_of("a"));
  CHECK(provenance.at("name") == "fake");
  CHECK(provenance.at("argv").size() == 3);
  CHECK(provenance.at("started").get<double>() > 0);
}

TEST_CASE("a worker is told its threads, and heads its own process group") {
  Sweep sweep;
  sweep.experiment.limits.threads = 3;
  sweep.add("a", "ok");
  sweep.run();
  const auto job = sweep.job("a");
  CHECK(job.at("omp") == "3");
  CHECK(job.at("mkl") == "3");
  CHECK(job.at("job").at("threads") == 3);
  CHECK(job.at("pid") == job.at("group"));
  CHECK(job.at("job").at("dir") == std::filesystem::absolute(sweep.dir("a")).string());
}

TEST_CASE("a crash costs its own trial, and is recorded with its signal and last words") {
  Sweep sweep;
  sweep.add("a", "crash");
  sweep.add("b", "ok");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kFailed);
  CHECK(outcomes[0].error_kind == "crash");
  CHECK_THAT(outcomes[0].error_message, Contains("killed by signal 11 (SIGSEGV)") &&
                                            Contains("this is what the plugin said last"));
  CHECK(outcomes[1].state == RunState::kDone);
  const auto status = assay::RunFolder(sweep.dir("a")).status();
  CHECK(status.state == RunState::kFailed);
  CHECK(status.attempts == 1);
  CHECK(status.error_message == outcomes[0].error_message);
}

TEST_CASE("what a worker leaves running dies with it, and nothing else does") {
  const pid_t bystander = fork();
  if (bystander == 0) {
    for (;;) pause();
  }
  Sweep sweep;
  sweep.add("a", "daemon");
  sweep.add("b", "slow", 20);
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kDone);
  const auto daemon = std::stoi(assay::testing::slurp(sweep.dir("a") / "daemon"));
  CHECK(kill(daemon, 0) != 0);
  CHECK(waitpid(bystander, nullptr, WNOHANG) == 0);
  kill(bystander, SIGKILL);
  waitpid(bystander, nullptr, 0);
}

TEST_CASE("where memory runs out, a worker goes before the front end") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.run();
  const auto own = std::stoi(assay::testing::slurp("/proc/self/oom_score_adj"));
  CHECK(std::stoi(sweep.job("a").at("oom").get<std::string>()) == std::min(own + 500, 1000));
}

TEST_CASE("a SIGKILL that nobody of ours sent is laid to memory") {
  Sweep sweep;
  sweep.add("a", "oom");
  CHECK_THAT(sweep.run()[0].error_message, Contains("SIGKILL") && Contains("memory"));
}

TEST_CASE("a worker that leaves without a word has failed") {
  Sweep sweep;
  sweep.add("a", "exit");
  CHECK_THAT(sweep.run()[0].error_message, Contains("exited with code 3"));
}

TEST_CASE("what a worker says of its own end is kept") {
  Sweep sweep;
  sweep.add("a", "fail");
  sweep.add("b", "diverge");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kFailed);
  CHECK(outcomes[0].error_kind == "data");
  CHECK(outcomes[1].state == RunState::kDiverged);
}

TEST_CASE("a crash is tried again as often as limits.retries says") {
  Sweep sweep;
  sweep.experiment.limits.retries = 1;
  sweep.add("a", "crash_once");
  sweep.add("b", "crash");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kFailed);
  CHECK(outcomes[0].stages[0].status.attempts == 2);
  CHECK(outcomes[1].stages[0].status.attempts == 2);
  CHECK(sweep.memory.notes.size() == 2);
}

TEST_CASE("a trial that met a full disk goes on when there is room, and no retry is spent on it") {
  Sweep sweep;
  sweep.add("a", "full_once");
  sweep.add("b", "ok");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kDone);
  REQUIRE(sweep.memory.notes.size() == 2);
  CHECK_THAT(sweep.memory.notes[0], Contains("here: the disk is full") && Contains("paused"));
  CHECK_THAT(sweep.memory.notes[1], Contains("there is space"));
}

TEST_CASE("a trial for which there is never enough room asks for twice as much each time") {
  Sweep sweep;
  sweep.add("a", "full_thrice");
  CHECK(sweep.run()[0].state == RunState::kDone);
  REQUIRE(sweep.memory.notes.size() == 6);
  CHECK_THAT(sweep.memory.notes[0], Contains("when 1.0 MiB"));
  CHECK_THAT(sweep.memory.notes[2], Contains("when 2.0 MiB"));
  CHECK_THAT(sweep.memory.notes[4], Contains("when 4.0 MiB"));
}

TEST_CASE("a worker that is killed when it has written that it is done has done its stage") {
  Sweep sweep;
  sweep.add("a", "killed_when_done");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[0].metrics.at("test/accuracy") == Approx(0.5));
}

TEST_CASE("retries come after pauses that double") {
  Sweep sweep;
  sweep.experiment.limits.retries = 2;
  sweep.add("a", "crash");
  sweep.run();
  REQUIRE(sweep.memory.notes.size() == 2);
  CHECK_THAT(sweep.memory.notes[0], Contains("retrying in 1 s (retry 1 of 2"));
  CHECK_THAT(sweep.memory.notes[1], Contains("retrying in 2 s (retry 2 of 2"));
}

TEST_CASE("a worker that says nothing for limits.heartbeat is stopped") {
  Sweep sweep;
  sweep.experiment.limits.heartbeat = 1;
  sweep.add("a", "hang");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == RunState::kFailed);
  CHECK(outcomes[0].error_kind == "hang");
  CHECK_THAT(outcomes[0].error_message, Contains("limits.heartbeat"));
}

TEST_CASE("a worker that outlives limits.time is stopped, and killed if it does not listen") {
  Sweep sweep;
  sweep.experiment.limits.time = 2;
  sweep.add("a", "slow", 1000);
  sweep.add("b", "deaf");
  const auto outcomes = sweep.run();
  for (const auto& outcome : outcomes) {
    CHECK(outcome.state == RunState::kFailed);
    CHECK(outcome.error_kind == "time");
  }
  CHECK(outcomes[0].stages[0].status.unit > 0);
}

TEST_CASE("failed trials are tried again by the next call, unless it says no") {
  Sweep sweep;
  sweep.add("a", "crash_once");
  CHECK(sweep.run()[0].state == RunState::kFailed);
  sweep.options.retry_failed = false;
  CHECK(sweep.run()[0].state == RunState::kFailed);
  sweep.options.retry_failed = true;
  CHECK(sweep.run()[0].state == RunState::kDone);
}

TEST_CASE("force runs finished trials again, from nothing") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.run();
  sweep.options.force = true;
  const auto outcomes = sweep.run();
  CHECK_FALSE(outcomes[0].reused);
  CHECK(outcomes[0].stages[0].status.attempts == 1);
}

TEST_CASE("a long sweep holds no more descriptors at its end than at its beginning") {
  class Counting final : public assay::Observer {
   public:
    void stage_ended(const assay::Trial&, const assay::StageOutcome&) override {
      const auto open = std::filesystem::directory_iterator("/proc/self/fd");
      counts.push_back(std::distance(begin(open), end(open)));
    }
    std::vector<std::ptrdiff_t> counts;
  };
  Sweep sweep;
  sweep.experiment.limits.workers = 1;
  for (int k = 0; k < 30; ++k)
    sweep.add("t" + std::to_string(100 + k), k % 5 == 4 ? "crash" : "ok");
  Counting observer;
  assay::schedule(sweep.experiment, sweep.options, observer, sweep.signal);
  REQUIRE(observer.counts.size() == 30);
  CHECK(observer.counts.back() == observer.counts[1]);  // the first opens the index
}
