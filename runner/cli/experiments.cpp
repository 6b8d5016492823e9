#include "runner/cli/experiments.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "runner/catalog/load.h"
#include "runner/cli/folders.h"
#include "runner/cli/output.h"

namespace fs = std::filesystem;

namespace assay::cli {

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

Asked asked_by_manifest(const Call& call, const Catalog& catalog) {
  Asked asked{manifest_of(call, catalog), call.runs};
  asked.is_manifest = true;
  const auto folder = asked.runs / asked.experiment.name;
  if (fs::exists(folder / kVersionsFile)) asked.versions = read_versions(folder);
  complain_of_lost_trials(call, asked);
  return asked;
}

std::vector<Asked> experiments_of(const Call& call, const Catalog& catalog) {
  if (call.words.empty())
    throw UsageError(fmt::format(
        "`assay {}` takes a manifest or run folders; see `assay {} --help`", call.verb, call.verb));
  if (fs::is_directory(call.words[0])) {
    auto found = experiments_in_folders(call);
    for (const auto& asked : found) {
      for (const auto& text : asked.experiment.notes) note(call, text);
      complain_of_lost_trials(call, asked);
    }
    return found;
  }
  if (call.text("manifest-version") != "all")
    throw UsageError(
        "--manifest-version chooses from the folder of an experiment: name the folder "
        "instead of the manifest");
  for (const auto& word : call.words)
    if (fs::is_directory(word))
      throw UsageError(
          fmt::format("`{}` is a folder: name manifests alone or run folders alone", word));
  std::vector<Asked> answer;
  for (const auto& one : one_a_manifest(call)) answer.push_back(asked_by_manifest(one, catalog));
  return answer;
}

Asked whole_of(const Call& call, const Asked& asked) {
  if (asked.is_manifest) return asked;
  Call all = call;
  all.words = {(asked.runs / asked.experiment.name).string()};
  return experiments_in_folders(all).front();
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
