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

Comparison compare(const Report& report, const std::string& metric, const std::string& alternative,
                   const std::string& baseline) {
  std::map<Key, std::pair<const double*, const double*>> pairs;
  for (const auto& trial : report.trials) {
    Axes others = trial.axes;
    const auto label = others.at(report.compare);
    others.erase(report.compare);
    auto& pair = pairs[{others, trial.seed}];
    if (label == alternative) pair.first = value_of(trial, metric);
    if (label == baseline) pair.second = value_of(trial, metric);
  }
  std::vector<double> a, b;
  for (const auto& [key, pair] : pairs)
    if (pair.first != nullptr && pair.second != nullptr) {
      a.push_back(*pair.first);
      b.push_back(*pair.second);
    }
  return {alternative, baseline, metric, paired_difference(a, b)};
}

}  // namespace

std::string Group::label() const {
  std::string text;
  for (const auto& [axis, value] : axes) text += (text.empty() ? "" : " ") + axis + "=" + value;
  const bool other = std::any_of(trials.begin(), trials.end(),
                                 [](const auto* trial) { return trial->is_of_other_build; });
  return (text.empty() ? "all" : text) + (other ? kOtherBuild : "");
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
      if (name.starts_with("test/") && std::count(name.begin(), name.end(), '/') == 1)
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
  std::vector<std::string> labels;
  for (const auto& trial : report.trials) {
    const auto it = trial.axes.find(report.compare);
    if (it == trial.axes.end()) return {};
    if (std::find(labels.begin(), labels.end(), it->second) == labels.end())
      labels.push_back(it->second);
  }
  std::vector<Comparison> all;
  for (const auto& metric : metrics_of(report))
    for (std::size_t k = 1; k < labels.size(); ++k)
      all.push_back(compare(report, metric, labels[k], labels[0]));
  return all;
}

}  // namespace assay
