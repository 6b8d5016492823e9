// Tasks: the stages of an experiment, each once however many trials share it, and how they stand.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runner/schedule/schedule.h"

namespace assay {

/// One stage to run, or that has been run.
struct Task {
  const Trial* trial = nullptr;  // the first one that asks for it
  const Stage* stage = nullptr;  // null: not of this experiment, only built upon
  std::vector<Task*> after;
  StageOutcome outcome;
  bool waiting = false;   // to be run, and not started yet
  bool begun = false;     // by this call
  int retries = 0;        // of this call
  double not_before = 0;  // by the steady clock: a retry leaves time for what was wrong to pass
  std::shared_ptr<FolderLock> claim;  // of one front end of many: the stage is ours
  bool told = false;                  // that it is somebody else's

  bool done() const { return outcome.status.state == RunState::kDone; }
  bool ready() const;  // but for `not_before`
  /// Whether it waits, and for nothing that has failed.
  bool can_run() const;
};

class Tasks {
 public:
  /// kLive: a running stage stands where it is now; kSaved: at its last checkpoint.
  enum class Look { kLive, kSaved };
  /// Reads how each stage stands from its run folder.
  Tasks(const Experiment& experiment, const std::filesystem::path& runs, Look look);

  /// Marks what is to be run.
  void choose(bool force, bool retry_failed);
  /// The first task in manifest order that can start now, or null.
  Task* next();
  /// Whether one can start now or later.
  bool any_ready() const;
  /// Says on each task that waits in vain which stage it waits for.
  void explain_queued();

  /// Stages that are done in folders of other experiments: id -> folder below runs/.
  std::map<std::string, std::string> taken() const;

  std::map<std::string, Task>& all() { return all_; }
  std::vector<TrialOutcome> outcomes() const;

 private:
  Task& task_of(const std::string& id, const std::string& name);
  std::filesystem::path own_folder(const std::string& id) const;

  const Experiment& experiment_;
  std::filesystem::path runs_;
  Look look_;
  std::map<std::string, Task> all_;  // by id
  std::vector<Task*> order_;         // as the manifest has them
};

}  // namespace assay
