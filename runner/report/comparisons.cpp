#include "runner/report/comparisons.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace assay {
namespace {

using Trials = std::vector<const TrialResult*>;

Axes apart_of(const TrialResult& trial, const Report& report) {
  Axes apart;
  for (const auto& axis : report.apart)
    if (const auto it = trial.axes.find(axis); it != trial.axes.end()) apart.insert(*it);
  return apart;
}

Axes rest_of(const TrialResult& trial, const Report& report) {
  return remove_axes(trial.axes, report.apart);
}

bool is_within(const Axes& part, const Axes& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

// What is put together: a trial without one of the axes belongs to each value of it, as an arm does
// that all versions have.
std::vector<Axes> apart_groups(const Report& report) {
  std::vector<Axes> all;
  for (const auto& trial : report.trials) {
    const auto own = apart_of(trial, report);
    if (std::find(all.begin(), all.end(), own) == all.end()) all.push_back(own);
  }
  const auto maps = all;
  std::erase_if(all, [&](const Axes& one) {
    return std::any_of(maps.begin(), maps.end(),
                       [&](const Axes& other) { return other != one && is_within(one, other); });
  });
  return all;
}

// Two trials that agree in all but the axis compared; null if there is none.
struct Pair {
  const TrialResult *first = nullptr, *second = nullptr;
};
using Pairs = std::map<Axes, Pair>;  // by setting: what else the two trials agree in

constexpr const char* kSeed = "seed";  // among the axes of a repetition or a setting

// By repetition: the values of the axes that repeat, or else the seed.
std::map<Axes, Pairs> pair_trials(const Report& report, const Trials& trials,
                                  const std::string& alternative, const std::string& baseline) {
  std::map<Axes, Pairs> all;
  for (const auto* trial : trials) {
    const auto& label = trial->axes.at(report.compare);
    if (label != alternative && label != baseline) continue;
    auto setting = rest_of(*trial, report);
    setting.erase(report.compare);
    setting.emplace(kSeed, std::to_string(trial->seed));
    Axes repetition;
    const std::vector<std::string> by_seed{kSeed};
    for (const auto& axis : report.repeats.empty() ? by_seed : report.repeats)
      if (const auto node = setting.extract(axis)) repetition.insert({node.key(), node.mapped()});
    auto& pair = all[repetition][setting];
    auto& place = label == alternative ? pair.first : pair.second;
    if (place == nullptr) place = trial;
  }
  return all;
}

using TwoValues = std::pair<double, double>;  // of the alternative and the baseline

std::optional<TwoValues> read_values(const Pair& pair, const std::string& metric) {
  const auto* first = pair.first == nullptr ? nullptr : value_of(*pair.first, metric);
  const auto* second = pair.second == nullptr ? nullptr : value_of(*pair.second, metric);
  if (first == nullptr || second == nullptr) return {};
  return TwoValues{*first, *second};
}

// Settings whose pair is `wanted` in some repetition.
template <class Wanted>
std::set<Axes> find_settings(const std::map<Axes, Pairs>& all, const Wanted& wanted) {
  std::set<Axes> settings;
  for (const auto& [repetition, pairs] : all)
    for (const auto& [setting, pair] : pairs)
      if (wanted(pair)) settings.insert(setting);
  return settings;
}

// Nothing if a value is missing in one of the settings, which are added to `lacking`.
std::optional<TwoValues> average_over(const std::set<Axes>& settings, const Pairs& pairs,
                                      const std::string& metric, std::set<Axes>& lacking) {
  std::vector<double> a, b;
  for (const auto& setting : settings) {
    const auto it = pairs.find(setting);
    const auto values = it == pairs.end() ? std::nullopt : read_values(it->second, metric);
    if (!values) {
      lacking.insert(setting);
      continue;
    }
    a.push_back(values->first);
    b.push_back(values->second);
  }
  if (a.empty() || a.size() < settings.size()) return {};
  return TwoValues{summarize(a).mean, summarize(b).mean};
}

// A repetition without one of the pairs is left out: its mean would be over other settings than
// those of the others.
Comparison compare(const Report& report, const Trials& trials, const std::string& metric,
                   const std::string& alternative, const std::string& baseline) {
  const auto all = pair_trials(report, trials, alternative, baseline);
  const auto settings =
      find_settings(all, [&](const Pair& pair) { return read_values(pair, metric).has_value(); });
  const auto asked = find_settings(all, [](const Pair&) { return true; });
  Comparison found{alternative, baseline, metric, {}};
  if (!settings.empty())
    std::set_difference(asked.begin(), asked.end(), settings.begin(), settings.end(),
                        std::back_inserter(found.settings_left_out));
  std::vector<double> a, b;
  std::set<Axes> lacking;
  for (const auto& [repetition, pairs] : all)
    if (const auto means = average_over(settings, pairs, metric, lacking)) {
      a.push_back(means->first);
      b.push_back(means->second);
    } else {
      found.left_out.push_back(repetition);
    }
  found.settings_lacking.assign(lacking.begin(), lacking.end());
  found.difference = paired_difference(a, b);
  found.pairs = found.difference.count * static_cast<int>(settings.size());
  return found;
}

// The trials of a group. One with fewer of the axes stands in for all values of them, unless there
// is one like it that has more.
Trials trials_of(const Report& report, const Axes& apart) {
  std::map<Axes, std::size_t> most;  // axes that are apart, of trials that are alike but for them
  Trials within;
  for (const auto& trial : report.trials) {
    const auto own = apart_of(trial, report);
    if (!is_within(own, apart)) continue;
    within.push_back(&trial);
    auto& size = most[rest_of(trial, report)];
    size = std::max(size, own.size());
  }
  std::erase_if(within, [&](const TrialResult* trial) {
    return apart_of(*trial, report).size() < most[rest_of(*trial, report)];
  });
  return within;
}

// The alternatives, in the order of the trials.
std::vector<std::string> labels_of(const Report& report, const Trials& trials) {
  std::vector<std::string> labels;
  for (const auto* trial : trials) {
    const auto& label = trial->axes.at(report.compare);
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  }
  return labels;
}

void correct_p(std::vector<Comparison>& all) {
  std::vector<Comparison*> tested;
  std::vector<double> p;
  for (auto& one : all)
    if (one.has_interval()) {
      tested.push_back(&one);
      p.push_back(*one.difference.p);
    }
  const auto corrected = correct_by_holm(p);
  for (std::size_t k = 0; k < tested.size(); ++k) tested[k]->corrected_p = corrected[k];
}

}  // namespace

std::string Comparison::label() const {
  const auto where = text_of(apart);
  return alternative + " - " + baseline + (where.empty() ? "" : ", " + where);
}

std::vector<Comparison> comparisons_of(const Report& report) {
  for (const auto& trial : report.trials)
    if (!trial.axes.contains(report.compare)) return {};
  std::vector<Comparison> all;
  for (const auto& metric : metrics_of(report))
    for (const auto& apart : apart_groups(report)) {
      const auto trials = trials_of(report, apart);
      const auto labels = labels_of(report, trials);
      for (std::size_t k = 1; k < labels.size(); ++k) {
        all.push_back(compare(report, trials, metric, labels[k], labels[0]));
        all.back().apart = apart;
      }
    }
  correct_p(all);
  return all;
}

}  // namespace assay
