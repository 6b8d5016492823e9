// Reads provenance.json and status.json of finished runs.
#include "runner/cli/cost.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/base/value_json.h"
#include "runner/files/file_system.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostRuns = 300;  // read at most; an estimate needs no more, and must answer at once

// Finished stages of one kind.
struct Past {
  int stages = 0;
  double loading = 0;  // seconds until the first unit
  double working = 0;  // seconds of all units
  std::int64_t units = 0;
  double units_per_epoch = 0;  // 0: they did not count in epochs
};
using Known = std::map<std::string, Past>;

// What the time of a step depends on: all but real numbers, and how many steps there are.
Json shape_of(const Json& value) {
  if (value.is_number_float()) return nullptr;
  if (!value.is_structured()) return value;
  Json shape = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, inner] : value.items())
    if (value.is_array())
      shape.push_back(shape_of(inner));
    else if (key != "steps" && key != "epochs")
      shape[key] = shape_of(inner);
  return shape;
}

std::int64_t count_in(const Json& components, const char* parameter) {
  const auto procedure = components.find("procedure");
  if (procedure == components.end()) return 0;
  const auto it = procedure->find(parameter);
  return it != procedure->end() && it->is_number_integer() ? it->get<std::int64_t>() : 0;
}

void learn(const fs::path& dir, Known& known) try {
  const Status status = RunFolder(dir).status();
  if (status.state != RunState::kDone || status.seconds <= 0 || status.units <= 0) return;
  const auto provenance = Json::parse(read_file(dir / "provenance.json"));
  const auto& components = provenance.at("components");
  const auto epochs = count_in(components, "epochs");
  for (const auto& key : {components.dump(), shape_of(components).dump()}) {
    auto& past = known[key];
    ++past.stages;
    past.loading += status.loading;
    past.working += status.seconds - status.loading;
    past.units += status.units;
    if (epochs > 0)
      past.units_per_epoch = static_cast<double>(status.units) / static_cast<double>(epochs);
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

// Units of a stage like the `past` ones, as its procedure counts them; 0: not known.
double units_of(const Json& components, const Past& past) {
  if (const auto steps = count_in(components, "steps"); steps > 0)
    return static_cast<double>(steps);
  if (const auto epochs = count_in(components, "epochs"); epochs > 0)
    return past.units_per_epoch * static_cast<double>(epochs);
  return static_cast<double>(past.units) / past.stages;
}

// Seconds for what is left of a stage; nothing if no like stage has been run.
std::optional<double> estimate(const Json& components, std::int64_t done, const Known& known) {
  auto it = known.find(components.dump());
  const bool same = it != known.end();
  if (!same) it = known.find(shape_of(components).dump());
  if (it == known.end()) return {};
  const auto& past = it->second;
  const double units =
      same ? static_cast<double>(past.units) / past.stages : units_of(components, past);
  if (units <= 0) return {};
  const double left = std::max(0.0, units - static_cast<double>(done));
  return past.loading / past.stages + past.working / static_cast<double>(past.units) * left;
}

}  // namespace

Cost cost_of(const std::vector<TrialOutcome>& trials, const fs::path& runs) {
  const Known known = learn_all(runs);
  Cost cost;
  std::set<std::string> seen;
  for (const auto& trial : trials) {
    for (std::size_t i = 0; i < trial.stages.size(); ++i) {
      const auto& stage = trial.stages[i];
      if (stage.status.state == RunState::kDone || has_failed(trial.state) ||
          !seen.insert(stage.id).second)
        continue;
      ++cost.stages;
      auto components = Json::object();
      for (const auto& [kind, spec] : trial.trial->stages[i].components)
        components[kind] = to_json(spec);
      const auto seconds = estimate(components, stage.status.unit, known);
      cost.seconds += seconds.value_or(0);
      if (!seconds) ++cost.unknown;
    }
  }
  return cost;
}

}  // namespace assay::cli
