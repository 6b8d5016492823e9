// From outcomes to runner/report: the table on the terminal and report.html.
#pragma once

#include "runner/cli/output.h"
#include "runner/schedule/schedule.h"

namespace assay::cli {

/// Where the report of an experiment lies.
std::filesystem::path report_file(const Experiment& experiment, const std::filesystem::path& runs);

/// The statistics for people; ends with a line end, or is empty.
std::string table_of(const Call& call, const Experiment& experiment,
                     const std::vector<TrialOutcome>& trials);

/// kFailure, after a sentence, if no finished trial has `report.metric`; else kOk.
int complain_of_metric(const Call& call, const Experiment& experiment,
                       const std::vector<TrialOutcome>& trials);

/// The same for programs.
Json statistics_of(const Call& call, const Experiment& experiment,
                   const std::vector<TrialOutcome>& trials);

/// Writes report.html and returns its path; "" with a note where it cannot be written, for that is
/// no reason to lose the answer.
std::filesystem::path write_report(const Call& call, const Experiment& experiment,
                                   const std::vector<TrialOutcome>& trials,
                                   const std::filesystem::path& runs);

}  // namespace assay::cli
