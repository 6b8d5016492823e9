// Attempt: one worker process that runs one task, from its start to its last status.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/protocol/event.h"
#include "runner/schedule/process.h"
#include "runner/schedule/tasks.h"
#include "runner/system/cpus.h"

namespace assay {

/// Writes `status` to its run folder. Never throws, so that other workers go on; an I/O error is
/// appended to the message of the status.
void save_status(const std::filesystem::path& dir, Status& status);

class Attempt {
 public:
  Attempt(Task& task, int slot, const Launch& launch, const Limits& limits);

  Task& task() const { return task_; }
  int slot() const { return progress_.worker; }
  int fd() const { return process_.fd(); }
  const Progress& progress() const { return progress_; }

  /// Reads the worker's events. Returns whether its progress changed.
  bool hear();
  /// Returns the worker's notes since the last call.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }
  /// Asks a worker that is silent or over its time limit to leave, and kills it if it does not.
  /// Returns a remark if it did either.
  std::optional<std::string> enforce();
  void ask_to_leave(int signal) { process_.send(signal); }
  void kill();  // after a second interrupt

  /// Returns nothing while the worker runs, then its last status, which is on the disk too.
  std::optional<Status> ended();
  /// Whether it ended in a way that another attempt may avoid.
  bool may_retry() const { return may_retry_; }

 private:
  void take(const std::string& line);
  void take_progress(const Event& event);
  Status verdict(const Exit& exit);
  void locate(Status& status) const;
  Status from_disk() const;
  std::string silent_end(const Exit& exit) const;

  Task& task_;
  const Limits& limits_;
  WorkerProcess process_;
  CpuWait cpu_wait_;
  Progress progress_;
  double began_, heard_, working_since_;
  std::int64_t first_unit_ = 0;
  std::vector<std::string> notes_;
  bool news_ = false, may_retry_ = false;
  std::optional<Event> end_;  // its last word
  std::string killed_for_;    // hang, time or interrupt
  double kill_at_ = 0;
};

}  // namespace assay
