// What is measured of CPUs, against processes whose need of them is known.
#include "runner/system/cpus.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <thread>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace assay;

namespace {

// Busy processes that share one CPU.
class Crowd {
 public:
  explicit Crowd(int size) {
    const int here = sched_getcpu();
    CPU_ZERO(&cpu_);
    CPU_SET(here, &cpu_);
    for (int k = 0; k < size; ++k) {
      const pid_t pid = fork();
      REQUIRE(pid >= 0);
      if (pid == 0) {
        sched_setaffinity(0, sizeof cpu_, &cpu_);
        for (;;) sched_getcpu();
      }
      pids_.push_back(pid);
    }
  }
  ~Crowd() {
    for (const pid_t pid : pids_) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
  }
  pid_t first() const { return pids_.front(); }

 private:
  cpu_set_t cpu_;
  std::vector<pid_t> pids_;
};

std::optional<double> wait_of(pid_t pid) {
  CpuWait wait(pid);
  CHECK_FALSE(wait.measure());
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));
  return wait.measure();
}

}  // namespace

TEST_CASE("a process that shares its CPU with three others waits most of the time") {
  const Crowd crowd(4);
  const auto share = wait_of(crowd.first());
  if (!share) {
    WARN("skipped: this kernel keeps no run-queue statistics");
    return;
  }
  CHECK(*share > 0.5);
  CHECK(*share <= 1);
}

TEST_CASE("a process that has ended has no share") {
  pid_t gone = 0;
  {
    const Crowd crowd(1);
    gone = crowd.first();
  }
  CHECK_FALSE(wait_of(gone));
}

TEST_CASE("at most as many CPUs are free as there are") {
  const int cpus = count_cpus();
  const double free = measure_free_cpus(cpus);
  CHECK(free > 0);
  CHECK(free < cpus + 0.1);
}
