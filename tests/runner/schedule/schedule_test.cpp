// What becomes of trials that end well, badly, or not at all.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "tests/runner/schedule/sweep_fixture.h"

using assay::testing::Sweep;
using Catch::Contains;

TEST_CASE("a trial that ends well is done, and is not run again") {
  Sweep sweep;
  sweep.add("a", "ok");
  sweep.add("b", "ok");
  auto outcomes = sweep.run();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].state == "done");
  CHECK_FALSE(outcomes[0].reused);
  CHECK(outcomes[1].metrics.at("test/accuracy") == Approx(0.51));
  CHECK(sweep.memory.ended.size() == 2);
  CHECK_FALSE(sweep.memory.units.empty());

  sweep.memory = {};
  outcomes = sweep.run();
  CHECK(outcomes[0].state == "done");
  CHECK(outcomes[0].reused);
  CHECK(sweep.memory.ended.empty());
}

TEST_CASE("a run folder tells where it came from") {
  Sweep sweep;
  sweep.options.argv = {"assay", "run", "fake.yaml"};
  sweep.add("a", "ok");
  sweep.run();
  const auto dir = sweep.dir("a");
  CHECK(assay::testing::slurp(dir / "manifest.yaml") == sweep.experiment.text);
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
  CHECK(outcomes[0].state == "failed");
  CHECK(outcomes[0].error_kind == "crash");
  CHECK_THAT(outcomes[0].error_message, Contains("killed by signal 11 (SIGSEGV)") &&
                                            Contains("this is what the plugin said last"));
  CHECK(outcomes[1].state == "done");
  const auto status = assay::RunFolder(sweep.dir("a")).status();
  CHECK(status.state == "failed");
  CHECK(status.attempts == 1);
  CHECK(status.error_message == outcomes[0].error_message);
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
  CHECK(outcomes[0].state == "failed");
  CHECK(outcomes[0].error_kind == "data");
  CHECK(outcomes[1].state == "diverged");
}

TEST_CASE("a crash is tried again as often as limits.retries says") {
  Sweep sweep;
  sweep.experiment.limits.retries = 1;
  sweep.add("a", "crash_once");
  sweep.add("b", "crash");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == "done");
  CHECK(outcomes[1].state == "failed");
  CHECK(outcomes[0].stages[0].status.attempts == 2);
  CHECK(outcomes[1].stages[0].status.attempts == 2);
  CHECK(sweep.memory.notes.size() == 2);
}

TEST_CASE("a trial that met a full disk goes on when there is room, and no retry is spent on it") {
  Sweep sweep;
  sweep.add("a", "full_once");
  sweep.add("b", "ok");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == "done");
  CHECK(outcomes[1].state == "done");
  REQUIRE(sweep.memory.notes.size() == 2);
  CHECK_THAT(sweep.memory.notes[0], Contains("here: the disk is full") && Contains("paused"));
  CHECK_THAT(sweep.memory.notes[1], Contains("there is room"));
}

TEST_CASE("retries come after pauses that double") {
  Sweep sweep;
  sweep.experiment.limits.retries = 2;
  sweep.add("a", "crash");
  sweep.run();
  REQUIRE(sweep.memory.notes.size() == 2);
  CHECK_THAT(sweep.memory.notes[0], Contains("again in 1 s (1 of 2"));
  CHECK_THAT(sweep.memory.notes[1], Contains("again in 2 s (2 of 2"));
}

TEST_CASE("a worker that says nothing for limits.heartbeat is stopped") {
  Sweep sweep;
  sweep.experiment.limits.heartbeat = 1;
  sweep.add("a", "hang");
  const auto outcomes = sweep.run();
  CHECK(outcomes[0].state == "failed");
  CHECK(outcomes[0].error_kind == "hang");
  CHECK_THAT(outcomes[0].error_message, Contains("limits.heartbeat"));
}

TEST_CASE("a worker that outlives limits.time is stopped, and killed if it does not listen") {
  Sweep sweep;
  sweep.experiment.limits.time = 0.5;
  sweep.add("a", "slow", 1000);
  sweep.add("b", "deaf");
  const auto outcomes = sweep.run();
  for (const auto& outcome : outcomes) {
    CHECK(outcome.state == "failed");
    CHECK(outcome.error_kind == "time");
  }
  CHECK(outcomes[0].stages[0].status.unit > 0);
}

TEST_CASE("failed trials are tried again by the next call, unless it says no") {
  Sweep sweep;
  sweep.add("a", "crash_once");
  CHECK(sweep.run()[0].state == "failed");
  sweep.options.retry_failed = false;
  CHECK(sweep.run()[0].state == "failed");
  sweep.options.retry_failed = true;
  CHECK(sweep.run()[0].state == "done");
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
  CHECK(sweep.run()[0].state == "done");
}
