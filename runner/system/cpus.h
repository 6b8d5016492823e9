// The CPUs of this machine, and whether processes get the time on them that they could use.
#pragma once

#include <optional>

#include <sys/types.h>

namespace assay {

/// The CPUs that this process may run on; at least 1.
int count_cpus();

/// Measures how long the threads of a process wait for a CPU, from the kernel's run-queue
/// statistics.
class CpuWait {
 public:
  explicit CpuWait(pid_t pid) : pid_(pid) {}

  /// The fraction in [0, 1] of the time in which the threads could run but had no CPU, since the
  /// last measurement. It measures at most every two seconds, and returns the last result in
  /// between; nothing before the first, or if the kernel keeps no statistics.
  std::optional<double> measure();

 private:
  struct Times {
    double ran = 0, waited = 0;  // seconds, over all threads
  };
  std::optional<Times> read() const;

  pid_t pid_;
  double next_ = 0;
  std::optional<Times> before_;
  std::optional<double> share_;
};

/// The CPUs that this process gets now: runs one busy thread per CPU it may use, for 0.1 s, and
/// returns their CPU time over the elapsed time. Quotas of a container count too.
double measure_free_cpus(int cpus);

}  // namespace assay
