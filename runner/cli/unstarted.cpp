// provenance.json names the manifest and its overrides.
#include "runner/cli/unstarted.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "runner/files/file_system.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

using Source = std::pair<std::string, Strings>;  // manifest, overrides

std::set<Source> sources_in(const fs::path& folder) {
  std::set<Source> all;
  for (const auto& entry : fs::directory_iterator(folder)) try {
      if (!entry.is_directory()) continue;
      const auto json = nlohmann::json::parse(read_file(entry.path() / "provenance.json"));
      const auto manifest = json.at("manifest").get<std::string>();
      if (read_file(manifest) == read_file(entry.path() / "manifest.yaml"))
        all.emplace(manifest, json.at("overrides").get<Strings>());
    } catch (const std::exception&) {  // not a run, or its manifest is gone
    }
  return all;
}

void merge(Asked& asked, Experiment whole) {
  std::set<std::string> known;
  for (const auto& trial : whole.trials)
    for (const auto& stage : trial.stages) known.insert(stage.id);
  for (auto& trial : asked.experiment.trials)
    if (!known.contains(trial.stages.back().id)) whole.trials.push_back(std::move(trial));
  asked.experiment = std::move(whole);
}

}  // namespace

void add_unstarted(Asked& asked, const fs::path& folder, const Catalog& catalog) {
  for (const auto& [manifest, overrides] : sources_in(folder)) try {
      auto whole = read_experiment(manifest, overrides, catalog);
      if (whole.name == asked.experiment.name) merge(asked, std::move(whole));
    } catch (const std::exception&) {  // a file it includes has changed, say
    }
}

}  // namespace assay::cli
