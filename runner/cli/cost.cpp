// Reads provenance.json and status.json of finished runs.
#include "runner/cli/cost.h"

#include <map>
#include <set>

#include "core/base/value_json.h"
#include "runner/files/file_system.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostRuns = 300;  // read at most; an estimate needs no more, and must answer at once

struct Mean {
  double sum = 0;
  int count = 0;
  double value() const { return sum / count; }
};
using Known = std::map<std::string, Mean>;

std::string names_of(const Json& components) {
  std::string text;
  for (const auto& [kind, spec] : components.items())
    text += kind + "=" + spec.value("use", "") + " ";
  return text;
}

void learn(const fs::path& dir, Known& known) try {
  const Status status = RunFolder(dir).status();
  if (status.state != "done" || status.seconds <= 0) return;
  const auto provenance = Json::parse(read_file(dir / "provenance.json"));
  const auto& components = provenance.at("components");
  for (const auto& key : {components.dump(), names_of(components)}) {
    known[key].sum += status.seconds;
    ++known[key].count;
  }
} catch (const std::exception&) {  // no help, and no harm
}

Known learn_all(const fs::path& runs) {
  Known known;
  int read = 0;
  std::error_code none;
  for (const auto& experiment : fs::directory_iterator(runs, none)) {
    if (!experiment.is_directory()) continue;
    for (const auto& run : fs::directory_iterator(experiment.path(), none)) {
      if (!run.is_directory()) continue;
      if (++read > kMostRuns) return known;
      learn(run.path(), known);
    }
  }
  return known;
}

}  // namespace

Cost cost_of(const std::vector<TrialOutcome>& trials, const fs::path& runs) {
  const Known known = learn_all(runs);
  Cost cost;
  std::set<std::string> seen;
  for (const auto& trial : trials) {
    for (std::size_t i = 0; i < trial.stages.size(); ++i) {
      const auto& stage = trial.stages[i];
      if (stage.status.state == "done" || !seen.insert(stage.id).second) continue;
      ++cost.stages;
      auto components = Json::object();
      for (const auto& [kind, spec] : trial.trial->stages[i].components)
        components[kind] = to_json(spec);
      auto it = known.find(components.dump());
      if (it == known.end()) it = known.find(names_of(components));
      if (it == known.end())
        ++cost.unknown;
      else
        cost.seconds += it->second.value();
    }
  }
  return cost;
}

}  // namespace assay::cli
