// Signals to the front end, its death, and a second one beside it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include <catch2/catch.hpp>

#include "assay/error.h"
#include "tests/runner/schedule/sweep_fixture.h"

using assay::RunState;
using assay::testing::Sweep;
using namespace std::chrono_literals;

namespace {

// Sends signals to this process once a file is there, and the next ones a little later.
std::thread signals_once(const std::filesystem::path& file, std::vector<int> signals) {
  return std::thread([file, signals] {
    while (!std::filesystem::exists(file)) std::this_thread::sleep_for(20ms);
    for (const int signal : signals) {
      std::this_thread::sleep_for(400ms);
      kill(getpid(), signal);
    }
  });
}

bool alive(pid_t pid) {
  const auto stat = assay::testing::slurp("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  return end != std::string::npos && stat.substr(end + 2, 1) != "Z";
}

}  // namespace

TEST_CASE("a first signal lets workers finish their unit; the next call goes on from there") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGUSR1);
  Sweep sweep;
  sweep.experiment.limits.workers = 1;
  sweep.add("a", "slow", 40);
  sweep.add("b", "ok");
  auto sender = signals_once(sweep.dir("a") / "tried", {signal});
  auto outcomes = sweep.run();
  sender.join();
  CHECK(sweep.signal == signal);
  CHECK(outcomes[0].state == RunState::kInterrupted);
  CHECK(outcomes[1].state == RunState::kQueued);
  const auto unit = outcomes[0].stages[0].status.unit;
  CHECK(unit > 0);
  CHECK(unit < 40);

  sweep.signal = 0;
  sweep.memory.units.clear();
  outcomes = sweep.run();
  CHECK(sweep.signal == 0);
  CHECK(outcomes[0].state == RunState::kDone);
  CHECK(outcomes[1].state == RunState::kDone);
  CHECK(sweep.memory.units.front() == unit);
}

TEST_CASE("a second interrupt kills at once") {
  Sweep sweep;
  sweep.add("a", "deaf");
  auto sender = signals_once(sweep.dir("a") / "tried", {SIGINT, SIGINT});
  const auto start = std::chrono::steady_clock::now();
  const auto outcomes = sweep.run();
  sender.join();
  CHECK(std::chrono::steady_clock::now() - start < 8s);
  CHECK(sweep.signal == SIGINT);
  CHECK(outcomes[0].state == RunState::kInterrupted);
  CHECK(assay::RunFolder(sweep.dir("a")).status().state == RunState::kInterrupted);
}

TEST_CASE("a second front end is told that the first one is there") {
  Sweep sweep;
  sweep.add("a", "ok");
  const assay::FolderLock first(sweep.options.runs / "fake");
  try {
    sweep.run();
    FAIL("ran beside another one");
  } catch (const assay::Error& error) {
    CHECK(error.kind() == assay::ErrorKind::kBusy);
  }
}

TEST_CASE("no worker survives a front end that is killed") {
  Sweep sweep;
  sweep.add("a", "slow", 2000);
  const pid_t front = fork();
  if (front == 0) {
    try {
      sweep.run();
    } catch (...) {
    }
    _exit(0);
  }
  while (!std::filesystem::exists(sweep.dir("a") / "tried")) std::this_thread::sleep_for(20ms);
  const auto worker = sweep.job("a").at("pid").get<pid_t>();
  CHECK(alive(worker));
  kill(front, SIGKILL);
  waitpid(front, nullptr, 0);
  for (int i = 0; i < 100 && alive(worker); ++i) std::this_thread::sleep_for(50ms);
  CHECK_FALSE(alive(worker));
}
