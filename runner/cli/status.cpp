// status: how an experiment stands, from its run folders alone.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "assay/error.h"
#include "runner/cli/folders.h"
#include "runner/cli/launcher.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/reporting.h"
#include "runner/files/run_folder.h"

namespace assay::cli {
namespace {

// The folders of experiments in --runs.
Strings experiment_folders(const Call& call) {
  Strings folders;
  if (std::filesystem::is_directory(call.runs))
    for (const auto& entry : std::filesystem::directory_iterator(call.runs))
      if (std::error_code unreadable;
          std::filesystem::exists(entry.path() / kVersionsFile, unreadable))
        folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

// Every experiment of --runs, one per line.
int overview(const Call& call) {
  const auto folders = experiment_folders(call);
  auto trials_json = Json::array();
  int code = kOk;
  if (folders.empty()) note(call, fmt::format("no runs in {}", call.runs.string()));
  for (const auto& folder : folders) try {
      Call one = call;
      one.words = {folder};
      const auto asked = experiments_in_folders(one).front();
      const auto trials = read_outcomes(asked.experiment, asked.runs);
      for (const auto& trial : trials) {
        trials_json.push_back(to_json(trial));
        trials_json.back()["name"] = asked.experiment.name;
      }
      if (!call.json) fmt::print("{}: {}\n", asked.experiment.name, summary_of(trials));
    } catch (const Error& error) {  // a damaged record says nothing of the others
      complain(call, error.what());
      code = kFailure;
    }
  if (call.json)
    print_json(call, {{"name", nullptr}, {"trials", trials_json}, {"report", nullptr}});
  return code;
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
  const auto& stages = one.trial.stages;
  const auto at = std::find_if(stages.begin(), stages.end(), [](const auto& stage) {
    return stage.status.state != RunState::kDone;
  });
  const auto& now = at == stages.end() ? stages.back() : *at;
  auto line =
      fmt::format("{}  {:<11}  {}  {}/{}", run_name(one.trial.trial->id), name_of(one.trial.state),
                  label_of(*one.trial.trial), now.status.unit, now.status.units);
  if (stages.size() > 1)
    line += fmt::format(" of `{}`, stage {} of {}", now.name,
                        std::min<std::ptrdiff_t>(at - stages.begin() + 1, std::ssize(stages)),
                        stages.size());
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
                       "[MANIFEST [key=value...] | RUN-FOLDER...]",
                       "  assay status                              all experiments in ./runs\n"
                       "  assay status experiments/quickstart.yaml\n"
                       "  assay status runs/quickstart --json\n",
                       run_status,
                       add_version_flag};

}  // namespace assay::cli
