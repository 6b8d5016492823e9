// One worker process: started with its job on standard input, heard through its descriptor 3.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/system/descriptor.h"

namespace assay {

/// What to start.
struct Launch {
  std::filesystem::path program;
  std::string job;            // one line, without its end
  std::filesystem::path log;  // standard output and error are appended to it
  int threads = 1;            // told to OpenMP and MKL
};

/// How a process went: one of the two.
struct Exit {
  int code = 0;
  int signal = 0;
};

/// "exited with code 3", "was killed by signal 9 (SIGKILL)".
std::string text_of(const Exit& exit);

/// The worker is the head of its own process group, so a Ctrl-C at the terminal reaches the front
/// end alone; the kernel sends it SIGTERM when the front end dies.
class WorkerProcess {
 public:
  /// Throws Error{kIo} where it cannot be started now, or the log cannot be written; Error{kPlugin}
  /// where the program cannot be run at all.
  explicit WorkerProcess(const Launch& launch);
  /// Kills what is left of it.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;

  /// To poll(); -1 once the worker has closed its end.
  int fd() const { return events_.get(); }
  /// The whole lines that have come on descriptor 3 since the last call; does not wait.
  std::vector<std::string> lines();
  pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// SIGKILL to its whole process group.
  void kill_all() const;
  /// Nothing while it runs. Once it has ended, what it left running is killed with it.
  std::optional<Exit> ended();

 private:
  void start(const Launch& launch, int input, int events, int log);

  pid_t pid_ = -1;
  Descriptor input_;  // kept open: its end would tell the worker that the front end is gone
  Descriptor events_;
  std::string buffer_;
  std::optional<Exit> exit_;
};

}  // namespace assay
