// Attempt: one worker at one task, from its start to a verdict.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/schedule/process.h"
#include "runner/schedule/tasks.h"

namespace assay {

/// Onto the disk; where that fails, its message says so: the other workers are not to be lost over
/// it.
void keep(const std::filesystem::path& dir, Status& status);

class Attempt {
 public:
  Attempt(Task& task, int slot, const Launch& launch, const Limits& limits);

  Task& task() const { return task_; }
  int slot() const { return progress_.worker; }
  int fd() const { return process_.fd(); }
  const Progress& progress() const { return progress_; }

  /// Reads what the worker has said; true if its progress is news.
  bool hear();
  /// What it has said for people since the last call.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }
  /// Asks a worker that is silent or late to leave, and kills one that does not. Returns a remark
  /// when it has done so.
  std::optional<std::string> enforce();
  void ask_to_leave(int signal) { process_.send(signal); }
  void kill();  // a second interrupt: no time for anything

  /// Nothing while it runs. Then its last status, which is on the disk too.
  std::optional<Status> ended();
  /// Whether it ended in a way that another attempt may mend.
  bool may_retry() const { return may_retry_; }

 private:
  void take(const std::string& line);
  void take_progress(const std::string& event);
  Status verdict(const Exit& exit);
  void locate(Status& status) const;
  Status from_disk() const;
  std::string silent_end(const Exit& exit) const;

  Task& task_;
  const Limits& limits_;
  WorkerProcess process_;
  Progress progress_;
  double began_, heard_, working_since_;
  std::int64_t first_unit_ = 0;
  std::vector<std::string> notes_;
  bool news_ = false, may_retry_ = false;
  std::string end_state_, end_kind_, end_message_;  // of the "end" event
  std::string killed_for_;                          // hang, time or interrupt
  double kill_at_ = 0;
};

}  // namespace assay
