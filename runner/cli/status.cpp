// status: how an experiment stands, from its run folders alone.
#include <fmt/core.h>

#include <filesystem>
#include <map>
#include <optional>

#include "runner/cli/folders.h"
#include "runner/cli/launcher.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/reporting.h"
#include "runner/files/index.h"

namespace assay::cli {
namespace {

Json row_json(const IndexRow& row, const std::filesystem::path& runs) {
  const Status& status = row.status;
  Json error;
  if (!status.error_message.empty())
    error = {{"kind", status.error_kind},
             {"path", status.error_path},
             {"message", status.error_message}};
  return {{"id", row.id},
          {"name", row.name},
          {"state", name_of(status.state)},
          {"reused", false},
          {"axes", row.axes},
          {"seed", row.seed},
          {"stages", Json::array({row.stage})},
          {"metrics", to_json(status.metrics)},
          {"error", error},
          {"dir", (runs / row.dir).string()}};
}

// Every experiment of --runs, a stage a row.
int overview(const Call& call) {
  if (!std::filesystem::is_directory(call.runs)) {
    if (call.json)
      print_json(call, {{"name", nullptr}, {"trials", Json::array()}, {"report", nullptr}});
    else
      note(call, fmt::format("no runs in {}", call.runs.string()));
    return kOk;
  }
  auto rows = Index(call.runs).all();
  for (auto& row : rows)  // whatever moves on is looked up
    if (row.status.state == RunState::kRunning)
      row.status = RunFolder(call.runs / row.dir).live_status();
  auto all = Json::array();
  std::map<std::string, std::map<std::string, int>> counts;
  for (const auto& row : rows) {
    all.push_back(row_json(row, call.runs));
    ++counts[row.name][std::string(name_of(row.status.state))];
  }
  if (call.json) {
    print_json(call, {{"name", nullptr}, {"trials", all}, {"report", nullptr}});
    return kOk;
  }
  for (const auto& [name, states] : counts) {
    std::string text;
    for (const auto& [state, n] : states)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, state);
    fmt::print("{}: {}\n", name, text);
  }
  return kOk;
}

// A trial and what a cluster has to say of it.
struct Standing {
  TrialOutcome trial;
  const SubmittedTask* task = nullptr;          // that Slurm has
  std::optional<std::filesystem::path> output;  // of the last one, where there is none any more
};

// A trial that waits in the queue of a cluster is queued, however its last attempt ended.
Standing standing_of(TrialOutcome trial, const std::vector<SubmittedTask>& in_slurm,
                     const std::filesystem::path& folder) {
  Standing one{std::move(trial), nullptr, {}};
  one.task = submitted_task_of(one.trial, in_slurm);
  auto& state = one.trial.state;
  if (one.task != nullptr && state != RunState::kRunning) state = RunState::kQueued;
  if (one.task == nullptr && (state == RunState::kQueued || state == RunState::kInterrupted))
    one.output = last_output_of(one.trial, folder);
  return one;
}

Json json_of(const Standing& one) {
  auto json = to_json(one.trial);
  if (one.task != nullptr)
    json["slurm"] = {{"job", one.task->task.job},
                     {"state", one.task->task.state},
                     {"reason", one.task->task.reason}};
  if (one.output) json["slurm"] = {{"output", one.output->string()}};
  return json;
}

std::string line_of(const Standing& one) {
  std::int64_t unit = 0, units = 0;
  for (const auto& stage : one.trial.stages) {
    unit += stage.status.unit;
    units += stage.status.units;
  }
  auto line = fmt::format("{}  {:<11}  {}  {}/{}", run_name(one.trial.trial->id),
                          name_of(one.trial.state), label_of(*one.trial.trial), unit, units);
  if (one.task != nullptr) line += "  " + text_of(one.task->task);
  if (one.output) line += "  its Slurm task ended; output: " + one.output->string();
  return line;
}

int run_status(const Call& call) {
  if (call.words.empty()) return overview(call);
  const Catalog catalog = catalog_of(call);
  const auto all = experiments_of(call, catalog);
  auto trials_json = Json::array();
  for (const auto& asked : all) {
    const auto folder = asked.runs / asked.experiment.name;
    const auto in_slurm = tasks_in_slurm(call, folder);
    const auto report = report_file(asked.experiment, asked.runs);
    const bool written = std::filesystem::exists(report);
    std::vector<TrialOutcome> trials;
    for (auto& trial : read_outcomes(asked.experiment, asked.runs)) {
      const auto one = standing_of(std::move(trial), in_slurm, folder);
      trials_json.push_back(json_of(one));
      if (all.size() > 1) trials_json.back()["name"] = asked.experiment.name;
      if (!call.json) fmt::print("{}\n", line_of(one));
      trials.push_back(one.trial);
    }
    if (call.json && all.size() == 1) {
      auto answer = to_json(asked.experiment, {}, written ? report : "");
      answer["trials"] = trials_json;
      print_json(call, answer);
      return kOk;
    }
    if (call.json) continue;
    fmt::print("{}: {}\n{}", asked.experiment.name, summary_of(trials), errors_of(trials));
    if (written) fmt::print("report: {}\n", report.string());
  }
  if (call.json)
    print_json(call, {{"name", nullptr}, {"trials", trials_json}, {"report", nullptr}});
  return kOk;
}

}  // namespace

const Verb kStatusVerb{"status",
                       "Show the state of experiments and trials.",
                       "[MANIFEST | RUN-FOLDER...]",
                       "  assay status                              all experiments in ./runs\n"
                       "  assay status experiments/quickstart.yaml\n"
                       "  assay status runs/quickstart --json\n",
                       run_status,
                       add_version_flag};

}  // namespace assay::cli
