// Until the statistics are there: one line a trial.
#include "runner/cli/reporting.h"

#include <fmt/core.h>

#include "runner/cli/answer.h"

namespace assay::cli {

std::filesystem::path report_file(const Experiment& experiment, const std::filesystem::path& runs) {
  return runs / experiment.name / "report.html";
}

std::string table_of(const Experiment& experiment, const std::vector<TrialOutcome>& trials) {
  std::string text;
  for (const auto& trial : trials) {
    const auto it = trial.metrics.find(experiment.report.metric);
    text += fmt::format("{}  {}  {}\n", label_of(*trial.trial), trial.state,
                        it == trial.metrics.end() ? "" : fmt::format("{:.6g}", it->second));
  }
  return text;
}

std::filesystem::path write_report(const Call&, const Experiment&, const std::vector<TrialOutcome>&,
                                   const std::filesystem::path&) {
  return {};
}

}  // namespace assay::cli
