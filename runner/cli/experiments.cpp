// Run folders are read back from their resolved.yaml; trials are put together from their leaves.
#include "runner/cli/experiments.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/cli/output.h"
#include "runner/cli/unstarted.h"
#include "runner/files/run_folder.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

/// Run folders at or below `folder`: its own, or one a subfolder.
std::vector<fs::path> resolved_in(const fs::path& folder) {
  if (fs::exists(folder / "resolved.yaml")) return {folder / "resolved.yaml"};
  std::vector<fs::path> all;
  std::set<fs::path> replaced;  // another folder links to them: --reuse any-build made it
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "resolved.yaml")) continue;
    all.push_back(entry.path() / "resolved.yaml");
    const auto from = RunFolder(entry.path()).status().reused_from;
    if (!from.empty()) replaced.insert(folder / from / "resolved.yaml");
  }
  std::erase_if(all, [&](const auto& file) { return replaced.contains(file); });
  std::sort(all.begin(), all.end());
  if (all.empty())
    throw Error(
        ErrorKind::kIo,
        fmt::format("{} is not a run folder: neither it nor a folder in it has a resolved.yaml",
                    folder.string()));
  return all;
}

// The stages that `stage` builds on, and itself, in an order in which they can run.
void collect(const std::string& id, const std::map<std::string, Trial>& by_id,
             std::set<std::string>& seen, std::vector<Stage>& stages) {
  const auto it = by_id.find(id);
  if (it == by_id.end() || !seen.insert(id).second) return;
  const Stage& stage = it->second.stages.front();
  for (const auto& [name, before] : stage.after) collect(before, by_id, seen, stages);
  stages.push_back(stage);
}

// Each folder holds one stage. A stage on which no other builds is the end of a trial.
std::vector<Trial> joined(const std::vector<Trial>& singles) {
  std::map<std::string, Trial> by_id;
  std::set<std::string> built_upon;
  for (const auto& trial : singles) {
    by_id.emplace(trial.stages.front().id, trial);
    for (const auto& [name, id] : trial.stages.front().after) built_upon.insert(id);
  }
  std::vector<Trial> trials;
  for (const auto& single : singles) {
    const std::string& id = single.stages.front().id;
    if (built_upon.contains(id)) continue;
    Trial trial = single;
    trial.stages.clear();
    std::set<std::string> seen;
    collect(id, by_id, seen, trial.stages);
    trials.push_back(std::move(trial));
  }
  std::stable_sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) {
    return std::tie(a.axes, a.seed) < std::tie(b.axes, b.seed);
  });
  return trials;
}

std::vector<Asked> from_folders(const Call& call, const Catalog& catalog) {
  std::vector<Asked> answer;
  std::vector<std::vector<Trial>> singles;
  for (const auto& word : call.words) {
    for (const auto& file : resolved_in(fs::path(word).lexically_normal())) {
      auto one =
          read_resolved(file, catalog, call.verb == "resume" ? Reading::kSame : Reading::kAsItWas);
      // The folder that is named is the one that is used: a link, or renamed, or copied.
      const auto experiment = fs::canonical(file).parent_path().parent_path();
      const auto runs = experiment.parent_path();
      one.name = experiment.filename().string();
      const auto same = [&](const Asked& asked) {
        return asked.runs == runs && asked.experiment.name == one.name;
      };
      auto it = std::find_if(answer.begin(), answer.end(), same);
      if (it == answer.end()) {
        it = answer.insert(answer.end(), {std::move(one), runs});
        singles.push_back(it->experiment.trials);
      } else {
        auto& all = singles[static_cast<std::size_t>(it - answer.begin())];
        all.insert(all.end(), one.trials.begin(), one.trials.end());
      }
    }
  }
  for (std::size_t i = 0; i < answer.size(); ++i) answer[i].experiment.trials = joined(singles[i]);
  for (auto& asked : answer)
    for (const auto& word : call.words)
      if (fs::equivalent(word, asked.runs / asked.experiment.name))
        add_unstarted(asked, word, catalog);
  return answer;
}

// One name may hold runs of several versions of its manifest, which a table would take for seeds.
void warn_of_versions(const Call& call, const Asked& asked) {
  std::set<std::tuple<std::map<std::string, std::string>, std::int64_t>> seen;
  for (const auto& trial : asked.experiment.trials)
    if (!seen.emplace(trial.axes, trial.seed).second)
      return complain(call, fmt::format("{} holds trials of several versions of its manifest or "
                                        "plugins, and all are shown; pass the manifest instead of "
                                        "the folder to see the current version only",
                                        (asked.runs / asked.experiment.name).string()));
}

}  // namespace

bool is_override(const std::string& word) {
  return word.find('=') != std::string::npos || word.starts_with('~') || word.starts_with('+');
}

Catalog catalog_of(const Call& call) {
  auto catalog = load_catalog({call.plugins.begin(), call.plugins.end()}, call.safe_mode);
  if (call.safe_mode)
    note(call, fmt::format("safe mode: only plugins of {}", fmt::join(catalog.folders, ", ")));
  for (const auto& warning : catalog.warnings) complain(call, warning);
  return catalog;
}

Experiment manifest_of(const Call& call, const Catalog& catalog) {
  if (call.words.empty() || is_override(call.words[0]))
    throw UsageError(
        fmt::format("`assay {}` takes a manifest; see `assay {} --help`", call.verb, call.verb));
  const Strings overrides(call.words.begin() + 1, call.words.end());
  for (const auto& word : overrides)
    if (!is_override(word))
      throw UsageError(
          fmt::format("`{}` is not an override: write key=value, +key=value or ~key", word));
  auto experiment = read_experiment(call.words[0], overrides, catalog);
  if (experiment.repeated > 0)
    note(call,
         fmt::format("{}: the sweep has {} points, of which {} repeat others: {} trials differ",
                     call.words[0], experiment.trials.size() + experiment.repeated,
                     experiment.repeated, experiment.trials.size()));
  return experiment;
}

std::vector<Asked> experiments_of(const Call& call, const Catalog& catalog) {
  if (call.words.empty())
    throw UsageError(fmt::format(
        "`assay {}` takes a manifest or run folders; see `assay {} --help`", call.verb, call.verb));
  if (fs::is_directory(call.words[0])) {
    auto found = from_folders(call, catalog);
    for (const auto& asked : found) warn_of_versions(call, asked);
    return found;
  }
  std::vector<Asked> answer;
  for (const auto& one : one_a_manifest(call))
    answer.push_back({manifest_of(one, catalog), call.runs});
  return answer;
}

Asked whole_of(const Call& call, const Catalog& catalog, const Asked& asked) {
  if (!fs::is_directory(call.words[0])) return asked;
  Call all = call;
  all.words = {(asked.runs / asked.experiment.name).string()};
  return from_folders(all, catalog).front();
}

std::vector<Call> one_a_manifest(const Call& call) {
  std::vector<Call> answer;
  for (const auto& word : call.words) {
    if (answer.empty() || !is_override(word)) {
      answer.push_back(call);
      answer.back().words.clear();
    }
    answer.back().words.push_back(word);
  }
  return answer;
}

}  // namespace assay::cli
