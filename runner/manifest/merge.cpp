#include "runner/manifest/merge.h"

#include <algorithm>
#include <set>

#include "runner/manifest/settings.h"

namespace assay {
namespace {

using Axes = std::map<std::string, std::string>;

// What trials have that differ in their seeds alone. `trial` is the newest of them.
struct Setting {
  const Trial* trial = nullptr;
  const Version* version = nullptr;
  const KeyValues* written = nullptr;  // values of the manifest
  KeyValues facts = {};
  Axes row = {};
};

struct Asked {
  Trial trial;
  const Version* version = nullptr;
};

std::string recipe_of(const Trial& trial) {
  std::string all;
  for (const auto& stage : trial.stages) all += stage.recipe;
  return all;
}

// The newest version of a trial counts, and stands first: its manifest says which alternative is
// the baseline.
std::vector<Asked> collect_asked(const std::vector<Version>& versions, std::size_t& superseded) {
  std::set<std::string> ids, recipes;
  std::vector<Asked> all;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    for (const auto& trial : version->experiment.trials) {
      if (!ids.insert(trial.id).second) continue;
      if (recipes.insert(recipe_of(trial)).second)
        all.push_back({trial, &*version});
      else
        ++superseded;
    }
  }
  return all;
}

// The setting of each trial. Arms of one version that differ in their seeds alone have one setting,
// and are told apart by their names.
std::vector<std::string> setting_keys(const std::vector<Asked>& all) {
  std::map<std::pair<const Version*, std::string>, std::set<Axes>> axes;
  for (const auto& one : all) axes[{one.version, one.trial.setting}].insert(one.trial.axes);
  std::vector<std::string> keys;
  for (const auto& one : all) {
    keys.push_back(one.trial.setting);
    if (axes[{one.version, one.trial.setting}].size() < 2) continue;
    for (const auto& [axis, label] : one.trial.axes) keys.back() += "\n" + axis + "=" + label;
  }
  return keys;
}

std::string value_of(const Setting& setting, const std::string& key) {
  const auto& axes = setting.trial->axes;
  if (const auto axis = axes.find(key); axis != axes.end()) return axis->second;
  const auto it = setting.written->find(key);
  const std::string written = it == setting.written->end() ? "" : it->second;
  if (written.find("${") != std::string::npos) return written;  // it may depend on the seed
  const auto resolved = resolved_at(*setting.trial, key);
  return resolved.empty() ? written : resolved;
}

// Keys that are written differently in two manifests.
std::set<std::string> differing_values(const std::vector<Setting*>& settings) {
  std::map<std::string, std::set<std::string>> written;
  std::set<const KeyValues*> all;
  for (const auto* one : settings) all.insert(one->written);
  for (const auto* values : all)
    for (const auto& [key, text] : *values) written[key].insert(text);
  std::set<std::string> keys;
  for (const auto& [key, texts] : written) {
    const auto has = [&key = key](const KeyValues* values) { return values->contains(key); };
    if (texts.size() > 1 || !std::all_of(all.begin(), all.end(), has)) keys.insert(key);
  }
  return keys;
}

// Data and builds that differ between versions. Those that differ within one follow from its axes.
std::set<std::string> differing_facts(const std::vector<Setting*>& settings) {
  std::map<std::string, std::map<const Version*, std::set<std::string>>> values;
  for (const auto* one : settings)
    for (const auto& [key, value] : one->facts) values[key][one->version].insert(value);
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

void add_key(const std::vector<Setting*>& settings, const std::string& key, bool is_axis) {
  std::set<std::string> values;
  for (const auto* one : settings) values.insert(value_of(*one, key));
  if (values.size() < 2 && !is_axis) return;
  for (auto* one : settings) one->row[key] = value_of(*one, key);
}

// What differs within arms, or behind a name: values of the resolved stages. One that is the seed
// of its trial is no difference.
void label_resolved(const std::vector<Setting*>& alike) {
  std::map<std::string, std::set<std::string>> values;
  std::map<const Setting*, KeyValues> resolved;
  for (const auto* one : alike) {
    resolved[one] = resolved_of(*one->trial);
    for (const auto& [key, value] : resolved[one])
      if (value != std::to_string(one->trial->seed)) values[key].insert(value);
  }
  for (const auto& [key, some] : values)
    if (some.size() > 1)
      for (auto* one : alike)
        if (resolved[one].contains(key)) one->row.emplace(key, resolved[one].at(key));
}

// Whatever the difference is, two settings are not two seeds of one.
void label_remaining(const std::vector<Setting*>& settings) {
  const auto name = [&](const std::string& key, const auto& value_of) {
    std::map<Axes, int> count;
    for (const auto* one : settings) ++count[one->row];
    for (auto* one : settings)
      if (count[one->row] > 1) one->row[key] = value_of(*one);
  };
  std::map<Axes, std::vector<Setting*>> alike;
  for (auto* one : settings) alike[one->row].push_back(one);
  for (const auto& [row, some] : alike)
    if (some.size() > 1) label_resolved(some);
  name("version", [](const Setting& one) { return std::to_string(one.version->number); });
  name("setting", [](const Setting& one) { return one.trial->setting.substr(0, 8); });
}

void label_settings(const std::vector<Setting*>& settings) {
  std::set<std::string> axes;
  for (const auto* one : settings)
    for (const auto& [axis, label] : one->trial->axes) axes.insert(axis);
  for (const auto& axis : axes) add_key(settings, axis, true);
  for (const auto& key : differing_values(settings))
    if (!axes.contains(key)) add_key(settings, key, false);
  for (const auto& key : differing_facts(settings))
    for (auto* one : settings)
      if (const auto it = one->facts.find(key); it != one->facts.end()) one->row[key] = it->second;
  label_remaining(settings);
}

void add_rows(std::vector<Asked>& all) {
  std::map<const Version*, KeyValues> written;
  for (const auto& one : all)
    if (!written.contains(one.version)) written[one.version] = settings_of(*one.trial.source);
  if (written.size() < 2) return;
  const auto keys = setting_keys(all);
  std::map<std::string, Setting> settings;
  for (std::size_t i = 0; i < all.size(); ++i)
    settings.try_emplace(keys[i], Setting{&all[i].trial, all[i].version, &written[all[i].version],
                                          facts_of(all[i].trial)});
  std::vector<Setting*> each;
  for (auto& [key, setting] : settings) each.push_back(&setting);
  label_settings(each);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].trial.row = settings[keys[i]].row;
}

}  // namespace

Merged merge_versions(const std::vector<Version>& versions) {
  Merged merged;
  merged.experiment = versions.back().experiment;
  merged.experiment.trials.clear();
  auto all = collect_asked(versions, merged.superseded);
  add_rows(all);
  std::set<std::string> axes, differing;
  for (const auto& one : all)
    for (const auto& [axis, label] : one.trial.axes) axes.insert(axis);
  for (auto& one : all) {
    for (const auto& [key, value] : row_of(one.trial))
      if (!axes.contains(key)) differing.insert(key);
    merged.experiment.trials.push_back(std::move(one.trial));
  }
  merged.differing.assign(differing.begin(), differing.end());
  return merged;
}

}  // namespace assay
