// Rows of all trials, gathered by metric, unit and alternative.
#include "runner/report/curves.h"

#include <cmath>
#include <fstream>
#include <map>

#include "assay/error.h"
#include "runner/files/metrics_log.h"
#include "runner/report/groups.h"
#include "runner/report/statistics.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxPoints = 500;

using Units = std::map<std::int64_t, std::map<std::size_t, std::vector<double>>>;
// metric -> stage -> unit -> group -> values of its seeds
using Series = std::map<std::string, std::map<std::string, Units>>;

// A power cut may leave torn rows, which the next start of the stage cuts.
void gather(const TrialResult& trial, std::size_t group, Series& series,
            std::vector<std::string>& problems) {
  for (const auto& dir : trial.dirs) try {
      if (!std::filesystem::exists(dir / "metrics.jsonl")) continue;
      for (const auto& row : read_metrics(dir / "metrics.jsonl"))
        series[row.name][row.stage][row.unit][group].push_back(row.value);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
}

Json point(const std::map<std::size_t, std::vector<double>>& values, std::size_t group) {
  const auto it = values.find(group);
  if (it == values.end()) return nullptr;
  const Summary s = summarize(it->second);
  if (!std::isfinite(s.mean)) return nullptr;  // a gap: the mean of the other seeds is another one
  return {s.mean - s.deviation, s.mean, s.mean + s.deviation};
}

}  // namespace

Json curves_of(const Report& report, std::vector<std::string>& problems) {
  const auto groups = groups_of(report);
  Series series;
  Json labels = {"unit, from 0"};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    labels.push_back(groups[g].label());
    for (const auto* trial : groups[g].trials) gather(*trial, g, series, problems);
  }
  Json charts = Json::array();
  for (const auto& [name, stages] : series)
    for (const auto& [stage, units] : stages) {
      if (units.size() < 2) continue;
      const auto metric = stages.size() > 1 ? stage + ":" + name : name;
      const std::size_t stride = (units.size() + kMaxPoints - 1) / kMaxPoints;
      Json rows = Json::array();
      std::size_t k = 0;
      for (const auto& [unit, values] : units) {
        if (k++ % stride != 0 && k != units.size()) continue;
        Json row = {unit};
        for (std::size_t g = 0; g < groups.size(); ++g) row.push_back(point(values, g));
        rows.push_back(std::move(row));
      }
      charts.push_back({{"metric", metric}, {"labels", labels}, {"rows", rows}});
    }
  return charts;
}

}  // namespace assay
