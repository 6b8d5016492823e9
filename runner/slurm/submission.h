// <runs>/<name>/slurm/<n>/: what was handed to Slurm in one call, from which everything about it is
// known again. `task.sh` is the script, `tasks` the run folders of each task, one task per line.
#pragma once

#include <optional>
#include <set>

#include "runner/schedule/schedule.h"
#include "runner/slurm/slurm.h"

namespace assay {

/// Where an experiment's submissions lie.
std::filesystem::path submissions_of(const std::filesystem::path& folder);
/// The number of the last one, 0 where there is none.
int last_submission(const std::filesystem::path& folder);

/// A task that Slurm still has, and the names of the run folders that it is to fill.
struct SubmittedTask {
  slurm::Task task;
  std::set<std::string> folders;
};

/// On its way out: it may end, or come back to the queue.
inline bool is_leaving(const SubmittedTask& one) {
  return one.task.state == "COMPLETING";
}

/// Those of the experiment in `folder`. Throws Error{kIo} where Slurm cannot be asked.
std::vector<SubmittedTask> submitted_tasks(const std::filesystem::path& folder);

/// What the last task said that had all that is left of a trial, where it has said something: why
/// a trial is not begun may stand there alone.
std::optional<std::filesystem::path> last_output_of(const TrialOutcome& trial,
                                                    const std::filesystem::path& folder);

/// The task that will run all that is left of a trial, or null.
const SubmittedTask* submitted_task_of(const TrialOutcome& trial,
                                       const std::vector<SubmittedTask>& all);

}  // namespace assay
