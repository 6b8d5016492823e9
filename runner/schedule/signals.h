// Signals of the front end as bytes on a pipe, so that the scheduler's poll() can wait for them.
#pragma once

#include <csignal>
#include <map>
#include <vector>

namespace assay {

/// While it lives, SIGINT, SIGTERM, `requeue` and SIGCHLD are caught, and SIGPIPE is ignored. One
/// at a time in a process.
class SignalWatch {
 public:
  explicit SignalWatch(int requeue = SIGUSR1);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;

  int fd() const { return read_; }
  /// The signals that came since the last call, in their order, without SIGCHLD; `requeue` as
  /// SIGUSR1.
  std::vector<int> take();

 private:
  int read_ = -1;
  int requeue_;
  std::map<int, struct sigaction> before_;
};

}  // namespace assay
