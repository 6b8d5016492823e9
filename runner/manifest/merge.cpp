#include "runner/manifest/merge.h"

#include <algorithm>
#include <set>

#include "runner/manifest/settings.h"

namespace assay {
namespace {

// A trial and what its version says of it.
struct Row {
  Trial trial;
  const Version* version = nullptr;
  const Words* settings = nullptr;
  Words facts = {};
};

std::string recipe_of(const Trial& trial) {
  std::string all;
  for (const auto& stage : trial.stages) all += stage.recipe;
  return all;
}

// The newest version of a trial counts; the order is that of the versions and their manifests.
std::vector<Row> rows_of(const std::vector<Version>& versions, std::size_t& superseded) {
  std::set<std::string> ids, recipes;
  std::vector<std::vector<Row>> by_version;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    by_version.emplace_back();
    for (const auto& trial : version->experiment.trials) {
      if (!ids.insert(trial.id).second) continue;
      if (recipes.insert(recipe_of(trial)).second)
        by_version.back().push_back({trial, &*version});
      else
        ++superseded;
    }
  }
  std::vector<Row> rows;
  for (auto some = by_version.rbegin(); some != by_version.rend(); ++some)
    std::move(some->begin(), some->end(), std::back_inserter(rows));
  return rows;
}

std::string value_of(const Row& row, const std::string& key) {
  if (const auto axis = row.trial.axes.find(key); axis != row.trial.axes.end()) return axis->second;
  const auto it = row.settings->find(key);
  const std::string written = it == row.settings->end() ? "" : it->second;
  if (written.find("${") != std::string::npos) return written;  // it may depend on the seed
  const auto resolved = resolved_at(row.trial, key);
  return resolved.empty() ? written : resolved;
}

// Keys that are written differently in two manifests, or are an axis of one of them.
std::set<std::string> differing_settings(const std::vector<Row>& rows) {
  std::set<std::string> keys;
  for (const auto& row : rows)
    for (const auto& [axis, label] : row.trial.axes) keys.insert(axis);
  std::map<std::string, std::set<std::string>> written;
  std::set<const Words*> all;
  for (const auto& row : rows) all.insert(row.settings);
  for (const auto* settings : all)
    for (const auto& [key, text] : *settings) written[key].insert(text);
  for (const auto& [key, texts] : written) {
    const auto has = [&](const Words* settings) { return settings->contains(key); };
    if (texts.size() > 1 || !std::all_of(all.begin(), all.end(), has)) keys.insert(key);
  }
  return keys;
}

// Data and builds that differ between versions. Those that differ within one follow from its axes.
std::set<std::string> differing_facts(const std::vector<Row>& rows) {
  std::map<std::string, std::map<const Version*, std::set<std::string>>> values;
  for (const auto& row : rows)
    for (const auto& [key, value] : row.facts) values[key][row.version].insert(value);
  std::set<std::string> keys;
  for (const auto& [key, by_version] : values) {
    std::set<std::string> all;
    bool one_each = true;
    for (const auto& [version, some] : by_version) {
      one_each = one_each && some.size() == 1;
      all.insert(some.begin(), some.end());
    }
    if (one_each && all.size() > 1) keys.insert(key);
  }
  return keys;
}

void drop_equal(std::vector<Row>& rows, const std::set<std::string>& keys) {
  for (const auto& key : keys) {
    std::set<std::string> values;
    for (const auto& row : rows) {
      const auto axes = row_of(row.trial);
      const auto it = axes.find(key);
      values.insert(it == axes.end() ? "" : it->second);
    }
    if (values.size() > 1) continue;
    for (auto& row : rows) row.trial.differs.erase(key);
  }
}

// Whatever the difference is, two trials of one seed are not two seeds.
void number_the_rest(std::vector<Row>& rows) {
  std::map<std::pair<Words, std::int64_t>, int> count;
  for (const auto& row : rows) ++count[{row_of(row.trial), row.trial.seed}];
  for (auto& row : rows)
    if (count[{row_of(row.trial), row.trial.seed}] > 1)
      row.trial.differs["version"] = std::to_string(row.version->number);
}

void tell_apart(std::vector<Row>& rows) {
  const auto settings = differing_settings(rows);
  for (auto& row : rows)
    for (const auto& key : settings)
      if (!row.trial.axes.contains(key)) row.trial.differs[key] = value_of(row, key);
  for (const auto& key : differing_facts(rows))
    for (auto& row : rows)
      if (const auto it = row.facts.find(key); it != row.facts.end())
        row.trial.differs[key] = it->second;
  drop_equal(rows, settings);
  number_the_rest(rows);
}

}  // namespace

std::map<std::string, std::string> row_of(const Trial& trial) {
  auto all = trial.axes;
  all.insert(trial.differs.begin(), trial.differs.end());
  return all;
}

Merged merge_versions(const std::vector<Version>& versions) {
  Merged merged;
  merged.experiment = versions.back().experiment;
  auto rows = rows_of(versions, merged.superseded);
  std::set<const Version*> visible;
  for (const auto& row : rows) visible.insert(row.version);
  if (visible.size() > 1) {
    std::map<const Version*, Words> settings;
    for (auto& row : rows) {
      auto& own = settings[row.version];
      if (own.empty()) own = settings_of(*row.trial.source);
      row.settings = &own;
      row.facts = facts_of(row.trial);
    }
    tell_apart(rows);
  }
  std::set<std::string> differing;
  merged.experiment.trials.clear();
  for (auto& row : rows) {
    for (const auto& [key, value] : row.trial.differs) differing.insert(key);
    merged.experiment.trials.push_back(std::move(row.trial));
  }
  merged.differing.assign(differing.begin(), differing.end());
  return merged;
}

}  // namespace assay
