// --launcher: who runs the trials.
#pragma once

#include "runner/cli/experiments.h"
#include "runner/schedule/schedule.h"
#include "runner/slurm/submission.h"

namespace assay::cli {

/// kSlurmTask is what a job's script asks for: this process runs one trial of many.
enum class Launcher { kLocal, kSlurm, kSlurmTask };

void add_launcher_flag(boost::program_options::options_description& flags);
/// Throws UsageError for a name that is none.
Launcher launcher_of(const Call& call);

/// Submits what is not done, one array job an experiment, and prints the answer.
int submit_all(const Call& call, const std::vector<Asked>& all, const ScheduleOptions& options);

/// The tasks that Slurm has of an experiment; none, with a note, where Slurm cannot be asked.
std::vector<SubmittedTask> tasks_in_slurm(const Call& call, const std::filesystem::path& folder);

/// "slurm 12_3 PENDING (Resources)"
std::string text_of(const slurm::Task& task);

}  // namespace assay::cli
