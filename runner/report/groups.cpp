// Grouping and pairing.
#include "runner/report/groups.h"

#include <algorithm>
#include <set>
#include <utility>

#include "assay/schema.h"

namespace assay {
namespace {

using Axes = std::map<std::string, std::string>;
using Key = std::pair<Axes, std::int64_t>;  // all but the compared axis, and the seed

const double* value_of(const TrialResult& trial, const std::string& metric) {
  const auto it = trial.metrics.find(metric);
  return trial.state == RunState::kDone && it != trial.metrics.end() ? &it->second : nullptr;
}

using Trials = std::vector<const TrialResult*>;

std::string text_of(const Axes& axes) {
  std::string text;
  for (const auto& [axis, value] : axes) text += (text.empty() ? "" : " ") + axis + "=" + value;
  return text;
}

Axes apart_of(const TrialResult& trial, const Report& report) {
  Axes apart;
  for (const auto& axis : report.apart)
    if (const auto it = trial.axes.find(axis); it != trial.axes.end()) apart.insert(*it);
  return apart;
}

Axes rest_of(const TrialResult& trial, const Report& report) {
  auto rest = trial.axes;
  for (const auto& axis : report.apart) rest.erase(axis);
  return rest;
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

Comparison compare(const Report& report, const Trials& trials, const std::string& metric,
                   const std::string& alternative, const std::string& baseline) {
  std::map<Key, std::pair<const double*, const double*>> pairs;
  for (const auto* trial : trials) {
    const auto& label = trial->axes.at(report.compare);
    auto others = rest_of(*trial, report);
    others.erase(report.compare);
    auto& pair = pairs[{others, trial->seed}];
    if (label == alternative && pair.first == nullptr) pair.first = value_of(*trial, metric);
    if (label == baseline && pair.second == nullptr) pair.second = value_of(*trial, metric);
  }
  std::vector<double> a, b;
  for (const auto& [key, pair] : pairs)
    if (pair.first != nullptr && pair.second != nullptr) {
      a.push_back(*pair.first);
      b.push_back(*pair.second);
    }
  return {alternative, baseline, metric, paired_difference(a, b)};
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

}  // namespace

std::string Group::label() const {
  const auto text = text_of(axes);
  const bool other = std::any_of(trials.begin(), trials.end(),
                                 [](const auto* trial) { return trial->is_of_other_build; });
  return (text.empty() ? "all" : text) + (other ? kOtherBuild : "");
}

std::string Comparison::label() const {
  const auto where = text_of(apart);
  return alternative + " - " + baseline + (where.empty() ? "" : ", " + where);
}

std::string other_build_note(const Report& report) {
  const bool any = std::any_of(report.trials.begin(), report.trials.end(),
                               [](const auto& trial) { return trial.is_of_other_build; });
  return any ? "* with trials that another build of the code has done" : "";
}

std::vector<double> Group::values(const std::string& metric) const {
  std::vector<double> found;
  for (const auto* trial : trials)
    if (const double* value = value_of(*trial, metric)) found.push_back(*value);
  return found;
}

int Group::missing(const std::string& metric) const {
  return static_cast<int>(trials.size() - values(metric).size());
}

std::vector<Group> groups_of(const Report& report) {
  std::vector<Group> groups;
  for (const auto& trial : report.trials) {
    auto it = std::find_if(groups.begin(), groups.end(),
                           [&](const Group& g) { return g.axes == trial.axes; });
    if (it == groups.end()) it = groups.insert(groups.end(), Group{trial.axes, {}});
    it->trials.push_back(&trial);
  }
  return groups;
}

std::vector<std::string> metrics_of(const Report& report) {
  if (!report.metric.empty()) return {report.metric};
  std::set<std::string> all, test;
  for (const auto& trial : report.trials)
    for (const auto& [name, value] : trial.metrics) {
      all.insert(name);
      const auto bare = name.substr(name.find(':') + 1);  // without the name of its stage
      if (bare.starts_with("test/") && std::count(bare.begin(), bare.end(), '/') == 1)
        test.insert(name);
    }
  const auto& chosen = test.empty() ? all : test;
  return {chosen.begin(), chosen.end()};
}

std::string unknown_metric(const Report& report) {
  std::set<std::string> known;
  for (const auto& trial : report.trials)
    if (trial.state == RunState::kDone)
      for (const auto& [name, value] : trial.metrics) known.insert(name);
  if (report.metric.empty() || known.empty() || known.contains(report.metric)) return "";
  const Strings names(known.begin(), known.end());
  const auto near = nearest(report.metric, names);
  return "no finished trial has the metric `" + report.metric + "`" +
         (near.empty() ? "; available are " + listed(names) : "; did you mean `" + near + "`?");
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
  return all;
}

}  // namespace assay
