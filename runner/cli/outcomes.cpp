// Trial outcomes as JSON, text and exit code.
#include "runner/cli/outcomes.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>

namespace assay::cli {
namespace {

// `outcome` has the error of a stage or of a trial.
template <class Outcome>
Json error_of(const Outcome& outcome) {
  if (outcome.error_kind.empty() && outcome.error_message.empty()) return nullptr;
  return {{"kind", outcome.error_kind},
          {"path", outcome.error_path},
          {"message", outcome.error_message}};
}

Json stage_json(const StageOutcome& stage) {
  const Status& status = stage.status;
  return {{"id", stage.id},
          {"name", stage.name},
          {"state", name_of(status.state)},
          {"reused", stage.reused},
          {"unit", status.unit},
          {"units", status.units},
          {"attempts", status.attempts},
          {"seconds", status.seconds},
          {"metrics", to_json(status.metrics)},
          {"error", error_of(status)},
          {"dir", stage.dir.string()}};
}

std::size_t count(const std::vector<TrialOutcome>& trials, RunState state) {
  std::size_t n = 0;
  for (const auto& trial : trials) n += trial.state == state ? 1 : 0;
  return n;
}

}  // namespace

bool is_of_other_build(const TrialOutcome& trial) {
  return std::any_of(trial.stages.begin(), trial.stages.end(),
                     [](const auto& stage) { return !stage.status.reused_from.empty(); });
}

Json to_json(const TrialOutcome& trial) {
  auto stages = Json::array();
  for (const auto& stage : trial.stages) stages.push_back(stage_json(stage));
  const bool bad = trial.state != RunState::kDone;
  return {{"id", trial.trial->id},
          {"state", name_of(trial.state)},
          {"reused", trial.reused},
          {"other_build", is_of_other_build(trial)},
          {"axes", row_of(*trial.trial)},
          {"seed", trial.trial->seed},
          {"stages", stages},
          {"metrics", to_json(trial.metrics)},
          {"error", bad ? error_of(trial) : Json(nullptr)},
          {"dir", trial.stages.empty() ? "" : trial.stages.back().dir.string()}};
}

Json to_json(const Experiment& experiment, const std::vector<TrialOutcome>& trials,
             const std::filesystem::path& report) {
  auto all = Json::array();
  for (const auto& trial : trials) all.push_back(to_json(trial));
  return {{"name", experiment.name},
          {"trials", all},
          {"report", report.empty() ? Json(nullptr) : Json(report.string())}};
}

std::string label_of(const Trial& trial) {
  std::string text;
  for (const auto& [axis, value] : row_of(trial)) text += fmt::format("{}={} ", axis, value);
  return text + fmt::format("seed={}", trial.seed);
}

std::string summary_of(const std::vector<TrialOutcome>& trials) {
  std::string text = format_count(trials.size(), "trial");
  const char* mark = ": ";
  for (const auto state : {RunState::kDone, RunState::kFailed, RunState::kDiverged,
                           RunState::kInterrupted, RunState::kRunning, RunState::kQueued}) {
    const auto n = count(trials, state);
    if (n == 0) continue;
    text += fmt::format("{}{} {}", mark, n, name_of(state));
    mark = ", ";
  }
  return text;
}

std::string errors_of(const std::vector<TrialOutcome>& trials) {
  std::string text;
  for (const auto& trial : trials)
    if (trial.state != RunState::kDone && !trial.error_message.empty())
      text += fmt::format("{} {}: {}\n", label_of(*trial.trial), name_of(trial.state),
                          trial.error_message);
  return text;
}

int exit_code_of(const std::vector<TrialOutcome>& trials, int signal) {
  const auto done = count(trials, RunState::kDone);
  if (done == trials.size()) return kOk;
  const auto failed = count(trials, RunState::kFailed),
             diverged = count(trials, RunState::kDiverged);
  // A signal that came when all had ended on their own has interrupted nothing.
  if (signal != 0 && done + failed + diverged < trials.size())
    return signal == SIGUSR1 ? static_cast<int>(kRequeue) : 128 + signal;
  return failed == 0 && diverged > 0 && done + diverged == trials.size() ? kDiverged
                                                                         : kFailedTrials;
}

}  // namespace assay::cli
