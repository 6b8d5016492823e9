// resume: go on with what was interrupted, from a manifest or from folders alone.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "runner/cli/folders.h"
#include "runner/cli/launcher.h"
#include "runner/cli/moves.h"
#include "runner/cli/output.h"
#include "runner/cli/sweep.h"
#include "runner/files/file_system.h"
#include "runner/manifest/current.h"
#include "runner/manifest/limits.h"
#include "runner/schedule/schedule.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

const Version& version_of(const Trial& trial, const std::vector<Version>& versions) {
  return *std::find_if(versions.begin(), versions.end(),
                       [&](const Version& one) { return one.experiment.source == trial.source; });
}

// The unfinished stages of an experiment, made ready to be run. What is done stays as it is,
// whatever has become of its plugins and data.
class Renewal {
 public:
  Renewal(Asked& asked, const Call& call, const Catalog& catalog)
      : asked_(asked),
        catalog_(catalog),
        moves_{named_moves(call), {}, asked.runs / asked.experiment.name},
        is_task_(launcher_of(call) == Launcher::kSlurmTask) {}

  /// Takes out the trials that cannot go on; returns why, each reason once.
  Strings run() {
    const auto outcomes = read_outcomes(asked_.experiment, asked_.runs);
    std::vector<Trial> able;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      Trial trial = asked_.experiment.trials[i];
      auto& into = renew(trial, outcomes[i]) ? able : asked_.refused;
      into.push_back(std::move(trial));
    }
    if (!is_task_ && !known_.empty()) check_moves();
    asked_.experiment.trials = std::move(able);
    return {reasons_.begin(), reasons_.end()};
  }

 private:
  bool renew(Trial& trial, const TrialOutcome& outcome) {
    const Version& version = version_of(trial, asked_.versions);
    moves_.then = version.folder;
    bool able = true;
    for (std::size_t j = 0; j < trial.stages.size(); ++j) {
      if (outcome.stages[j].status.state == RunState::kDone) continue;
      for (const auto& name : trial.stages[j].models) follow_moves(name, trial, version);
      const auto& stage = renewed(trial.stages[j], version);
      able = able && stage.has_value();
      if (stage) trial.stages[j] = *stage;
    }
    return able;
  }

  // An unfinished stage may build the model of one that is done again, and of those before it.
  void follow_moves(const std::string& name, Trial& trial, const Version& version) {
    for (auto& stage : trial.stages) {
      if (stage.name != name) continue;
      const auto [it, fresh] = moved_.try_emplace(stage.id, stage);
      if (fresh) {
        Stage now = stage;
        Complaints complaints;
        make_current(now, moves_, catalog_, version.at, complaints);
        if (complaints.empty()) it->second = std::move(now);
      }
      stage = it->second;
      for (const auto& before : Strings(stage.models)) follow_moves(before, trial, version);
    }
  }

  // Nothing for one that cannot go on. Trials share stages.
  const std::optional<Stage>& renewed(const Stage& stage, const Version& version) {
    for (const auto& [path, print] : stage.data) needed_.insert(path);
    const auto [it, fresh] = known_.try_emplace(stage.id);
    if (!fresh) return it->second;
    Complaints complaints;
    Stage now = stage;
    make_current(now, moves_, catalog_, version.at, complaints);
    try {
      complaints.throw_if_any();
      it->second = std::move(now);
    } catch (const ManifestErrors& errors) {
      for (const auto& error : errors.all()) reasons_.insert(error.text());
    }
    return it->second;
  }

  void check_moves() const {
    for (const auto& [from, to] : moves_.named)
      if (std::none_of(needed_.begin(), needed_.end(),
                       [&, &old = from](const auto& path) { return is_below(path, old); }))
        throw UsageError(
            fmt::format("--data: no data of an unfinished trial lay at {}", from.string()));
  }

  Asked& asked_;
  const Catalog& catalog_;
  Moves moves_;
  bool is_task_;  // of a sweep of which other trials may need the moves
  std::map<std::string, std::optional<Stage>> known_;
  std::map<std::string, Stage> moved_;  // those that are done, by id
  std::set<std::string> needed_, reasons_;
};

// What the task was submitted with, whatever was asked for since.
void take_limits(const Call& call, Asked& asked) {
  const auto file = call.text("limits");
  if (file.empty()) return;
  asked.experiment.limits =
      limits_from_json(nlohmann::ordered_json::parse(read_file(file)), {file, 1, 1});
}

int run_resume(const Call& call) {
  const Catalog catalog = catalog_of(call);
  auto all = experiments_of(call, catalog);
  Strings reasons;
  for (auto& asked : all) {
    take_limits(call, asked);
    if (asked.is_manifest && !named_moves(call).empty())
      throw UsageError("--data is for folders: in a manifest, change the path");
    if (asked.is_manifest) continue;
    const auto some = Renewal(asked, call, catalog).run();
    reasons.insert(reasons.end(), some.begin(), some.end());
  }
  for (const auto& reason : reasons) fmt::print(stderr, "{}\n", reason);
  const int code = sweep(call, all, false);
  return (code == kOk || code == kFailedTrials) && !reasons.empty() ? kManifest : code;
}

void add_resume_flags(boost::program_options::options_description& flags) {
  add_moves_flag(flags);
  add_version_flag(flags);
  flags.add_options()(
      "limits", boost::program_options::value<std::string>()->default_value("")->value_name("FILE"),
      "the limits to use, as a Slurm task has them from its submission");
  add_sweep_flags(flags);
}

}  // namespace

const Verb kResumeVerb{
    "resume",
    "Continue interrupted trials and retry failed ones.",
    "MANIFEST [key=value...] | RUN-FOLDER...",
    "  assay resume runs/quickstart                    all trials of an experiment\n"
    "  assay resume runs/quickstart/0f3a5c7712345678   one trial\n"
    "  assay resume runs/quickstart --data /old=/new   with data that was moved\n"
    "  assay resume experiments/quickstart.yaml        as `assay run`, and retries failed trials\n"
    "  assay resume runs/quickstart --launcher slurm   submit the unfinished trials to Slurm\n",
    run_resume,
    add_resume_flags};

}  // namespace assay::cli
