// What run, resume and status print of trials: the same object, table and exit codes.
#pragma once

#include "runner/cli/output.h"
#include "runner/schedule/schedule.h"

namespace assay::cli {

/// Whether a stage was done by another build of the code and taken with --reuse any-build.
bool is_of_other_build(const TrialOutcome& trial);

Json to_json(const TrialOutcome& trial);
Json to_json(const Experiment& experiment, const std::vector<TrialOutcome>& trials,
             const std::filesystem::path& report);

/// `optimizer=sam seed=0`.
std::string label_of(const Trial& trial);
/// "6 trials: 4 done, 1 failed, 1 queued"
std::string summary_of(const std::vector<TrialOutcome>& trials);
/// What went wrong, one line a trial that did not end well.
std::string errors_of(const std::vector<TrialOutcome>& trials);
int exit_code_of(const std::vector<TrialOutcome>& trials, int signal);

}  // namespace assay::cli
