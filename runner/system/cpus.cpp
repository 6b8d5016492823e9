#include "runner/system/cpus.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <sched.h>

#include "runner/system/clock.h"

namespace assay {
namespace {

constexpr double kWindow = 2, kNanosecond = 1e-9, kBusy = 0.1;  // seconds

double cpu_seconds_of_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + kNanosecond * static_cast<double>(now.tv_nsec);
}

}  // namespace

int count_cpus() {
  cpu_set_t own;
  CPU_ZERO(&own);
  if (sched_getaffinity(0, sizeof own, &own) != 0) return 1;
  return std::max(1, CPU_COUNT(&own));
}

// A thread's schedstat: nanoseconds it ran, nanoseconds it waited while it could run, time slices.
std::optional<CpuWait::Times> CpuWait::read() const {
  Times times;
  std::error_code error;
  std::filesystem::directory_iterator thread("/proc/" + std::to_string(pid_) + "/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    std::ifstream file(thread->path() / "schedstat");
    double ran = 0, waited = 0;
    if (!(file >> ran >> waited)) continue;  // the thread has ended
    times.ran += ran * kNanosecond;
    times.waited += waited * kNanosecond;
  }
  if (error || times.ran == 0) return {};
  return times;
}

std::optional<double> CpuWait::measure() {
  const double now = steady_seconds();
  if (now < next_) return share_;
  next_ = now + kWindow;
  const auto times = read();
  if (before_ && times) {
    const double ran = times->ran - before_->ran, waited = times->waited - before_->waited;
    // Threads that ended in between take their times along.
    if (ran >= 0 && waited >= 0 && ran + waited > 0) share_ = waited / (ran + waited);
  }
  before_ = times;
  return share_;
}

double measure_free_cpus(int cpus) {
  std::vector<double> seconds(static_cast<std::size_t>(cpus));
  std::vector<std::thread> threads;
  const double start = steady_seconds(), end = start + kBusy;
  for (auto& own : seconds)
    threads.emplace_back([&own, end] {
      while (steady_seconds() < end) continue;
      own = cpu_seconds_of_thread();
    });
  for (auto& thread : threads) thread.join();
  double sum = 0;
  for (const double own : seconds) sum += own;
  return sum / (steady_seconds() - start);
}

}  // namespace assay
