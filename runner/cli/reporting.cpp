// Outcomes -> Report -> text and page.
#include "runner/cli/reporting.h"

#include <exception>
#include <set>

#include "runner/cli/outcomes.h"
#include "runner/files/file_system.h"
#include "runner/report/groups.h"
#include "runner/report/report.h"

namespace assay::cli {
namespace {

TrialResult result_of(const TrialOutcome& trial) {
  TrialResult result;
  result.id = trial.trial->id;
  result.axes = row_of(*trial.trial);
  result.seed = trial.trial->seed;
  result.state = trial.state;
  result.metrics = trial.metrics;
  result.is_of_other_build = is_of_other_build(trial);
  if (trial.state != RunState::kDone) result.error = trial.error_message;
  for (const auto& stage : trial.stages) {
    result.seconds += stage.status.seconds;
    result.dirs.push_back(stage.dir);
  }
  return result;
}

std::string joined(const Strings& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Report report_of(const Call& call, const Experiment& experiment,
                 const std::vector<TrialOutcome>& trials, const std::filesystem::path& folder) {
  Report report;
  report.name = experiment.name;
  report.metric = experiment.report.metric;
  report.compare = experiment.report.compare;
  report.repeats = experiment.report.repeats;
  report.manifest = experiment.source->composed;
  report.command = joined(call.argv);
  report.folder = folder;
  std::set<std::string> read;
  for (const auto& trial : trials) {
    report.trials.push_back(result_of(trial));
    for (const auto& stage : trial.stages)
      if (!stage.status.read.empty()) read.insert(stage.status.read);
  }
  report.apart = experiment.apart;
  report.notes = experiment.notes;
  report.read.assign(read.begin(), read.end());
  return report;
}

}  // namespace

std::filesystem::path report_file(const Experiment& experiment, const std::filesystem::path& runs) {
  return runs / experiment.name / "report.html";
}

std::string table_of(const Call& call, const Experiment& experiment,
                     const std::vector<TrialOutcome>& trials) {
  return text_table(report_of(call, experiment, trials, {}), colored(call, stdout));
}

int complain_of_metric(const Call& call, const Experiment& experiment,
                       const std::vector<TrialOutcome>& trials) {
  const auto why = unknown_metric(report_of(call, experiment, trials, {}));
  if (why.empty()) return kOk;
  complain(call, why);
  return kFailure;
}

Json statistics_of(const Call& call, const Experiment& experiment,
                   const std::vector<TrialOutcome>& trials) {
  return assay::statistics_of(report_of(call, experiment, trials, {}));
}

std::filesystem::path write_report(const Call& call, const Experiment& experiment,
                                   const std::vector<TrialOutcome>& trials,
                                   const std::filesystem::path& runs) try {
  const auto file = report_file(experiment, runs);
  write_atomically(file, html_page(report_of(call, experiment, trials, file.parent_path())));
  return file;
} catch (const std::exception& error) {
  complain(call, std::string("the report cannot be written: ") + error.what());
  return {};
}

}  // namespace assay::cli
