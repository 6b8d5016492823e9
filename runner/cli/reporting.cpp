// Outcomes to runner/report's terms.
#include "runner/cli/reporting.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/report/report.h"

namespace assay::cli {
namespace {

TrialResult result_of(const TrialOutcome& outcome) {
  TrialResult result{outcome.trial->id,     outcome.trial->axes,
                     outcome.trial->seed,   outcome.state,
                     outcome.metrics,       0,
                     outcome.error_message, {}};
  for (const auto& stage : outcome.stages) {
    result.seconds += stage.status.seconds;
    if (!stage.dir.empty()) result.dirs.push_back(std::filesystem::absolute(stage.dir));
  }
  return result;
}

Report report_of(const Experiment& experiment, const std::vector<TrialOutcome>& trials,
                 const std::filesystem::path& folder) {
  Report report{experiment.name,
                experiment.report.metric,
                experiment.report.compare,
                experiment.text,
                "",
                std::filesystem::absolute(folder),
                {}};
  if (!experiment.overrides.empty())
    report.command = fmt::format("overrides: {}", fmt::join(experiment.overrides, " "));
  for (const auto& trial : trials) report.trials.push_back(result_of(trial));
  return report;
}

}  // namespace

std::filesystem::path report_file(const Experiment& experiment, const std::filesystem::path& runs) {
  return runs / experiment.name / "report.html";
}

std::string table_of(const Experiment& experiment, const std::vector<TrialOutcome>& trials) {
  return text_table(report_of(experiment, trials, "."), false);
}

std::filesystem::path write_report(const Call&, const Experiment& experiment,
                                   const std::vector<TrialOutcome>& trials,
                                   const std::filesystem::path& runs) try {
  const auto file = report_file(experiment, runs);
  write_atomically(file, html_page(report_of(experiment, trials, file.parent_path())));
  return file;
} catch (const std::exception& error) {
  fmt::print(stderr, "note: the report could not be written: {}\n", error.what());
  return {};
}

}  // namespace assay::cli
