#include "runner/schedule/other_builds.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runner/files/build_id.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "runner/manifest/manifest.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

struct Finished {
  fs::path dir;
  Builds builds;
  double ended = 0;
};

// The newest finished run of each recipe. One that stands for another is none itself.
std::map<std::string, Finished> finished_runs(const fs::path& experiment) {
  std::map<std::string, Finished> newest;
  if (!fs::is_directory(experiment)) return newest;
  for (const auto& entry : fs::directory_iterator(experiment)) {
    const auto file = entry.path() / "provenance.json";
    if (!fs::exists(file)) continue;
    const auto status = RunFolder(entry.path()).status();
    const auto facts = nlohmann::json::parse(read_file(file), nullptr, false);
    if (status.state != RunState::kDone || !status.reused_from.empty() || !facts.is_object() ||
        !facts.contains("recipe") || !facts.contains("core"))
      continue;
    auto& known = newest[facts.at("recipe")];
    if (known.dir.empty() || status.ended > known.ended)
      known = {entry.path(), builds_of(facts.at("plugins"), facts.at("core")), status.ended};
  }
  return newest;
}

void link(const fs::path& target, const fs::path& dir) {
  for (const char* name : {"checkpoints", "artifacts", "metrics.jsonl", "log.txt"})
    if (fs::exists(target / name)) {
      file_system().remove_all(dir / name);
      file_system().link((fs::path("..") / target.filename() / name).string(), dir / name);
    }
}

}  // namespace

OtherBuilds find_other_builds(const Experiment& experiment, const fs::path& runs,
                              const std::vector<TrialOutcome>& trials) {
  OtherBuilds found;
  std::optional<std::map<std::string, Finished>> finished;  // read only if it is needed
  for (const auto& trial : trials)
    for (std::size_t i = 0; i < trial.stages.size(); ++i) {
      const auto& stage = trial.trial->stages[i];
      if (trial.stages[i].status.state != RunState::kQueued || trial.stages[i].status.unit > 0)
        continue;
      if (!finished) finished = finished_runs(runs / experiment.name);
      const auto it = finished->find(stage.recipe);
      if (it == finished->end()) continue;
      found[stage.id] = {it->second.dir,
                         differing_builds(it->second.builds, builds_of(stage.plugins, stage.core))};
    }
  return found;
}

std::vector<const Trial*> find_covered_trials(const std::vector<TrialOutcome>& trials,
                                              const OtherBuilds& found) {
  std::vector<const Trial*> covered;
  for (const auto& trial : trials) {
    const auto ready = [&](const StageOutcome& stage) {
      return stage.status.state == RunState::kDone || found.contains(stage.id);
    };
    if (trial.state != RunState::kDone &&
        std::all_of(trial.stages.begin(), trial.stages.end(), ready))
      covered.push_back(trial.trial);
  }
  return covered;
}

std::string describe_other_builds(const std::vector<TrialOutcome>& trials,
                                  const OtherBuilds& found) {
  const auto covered = find_covered_trials(trials, found);
  if (covered.empty()) return "";
  std::set<std::string> files;
  for (const auto* trial : covered)
    for (const auto& stage : trial->stages)
      if (const auto it = found.find(stage.id); it != found.end())
        files.insert(it->second.changed.begin(), it->second.changed.end());
  return fmt::format("{} trial{} done by another build of {}", covered.size(),
                     covered.size() == 1 ? " was" : "s were", fmt::join(files, ", "));
}

void take_other_builds(const Experiment& experiment, const std::vector<TrialOutcome>& trials,
                       const OtherBuilds& found) {
  std::set<const Trial*> covered;
  for (const auto* trial : find_covered_trials(trials, found)) covered.insert(trial);
  for (const auto& trial : trials) {
    if (!covered.contains(trial.trial)) continue;
    for (std::size_t i = 0; i < trial.stages.size(); ++i) {
      const auto& stage = trial.trial->stages[i];
      const auto it = found.find(stage.id);
      if (it == found.end()) continue;
      const auto& dir = trial.stages[i].dir;
      const auto& other = it->second.dir;
      file_system().make_folders(dir);
      write_atomically(dir / "resolved.yaml", resolved_yaml(experiment, *trial.trial, stage));
      auto facts = nlohmann::ordered_json::parse(read_file(other / "provenance.json"));
      facts["id"] = stage.id;
      facts["reused_from"] = other.filename().string();
      write_atomically(dir / "provenance.json", facts.dump(1) + "\n");
      link(other, dir);
      auto status = RunFolder(other).status();
      status.reused_from = other.filename().string();
      RunFolder(dir).write_status(status);
    }
  }
}

}  // namespace assay
