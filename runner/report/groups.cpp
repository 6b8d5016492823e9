#include "runner/report/groups.h"

#include <algorithm>
#include <set>

#include "assay/schema.h"

namespace assay {

const double* value_of(const TrialResult& trial, const std::string& metric) {
  const auto it = trial.metrics.find(metric);
  return trial.state == RunState::kDone && it != trial.metrics.end() ? &it->second : nullptr;
}

std::string text_of(const Axes& axes) {
  std::string text;
  for (const auto& [axis, value] : axes) text += (text.empty() ? "" : " ") + axis + "=" + value;
  return text;
}

std::string Group::label() const {
  const auto text = text_of(axes);
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

Axes remove_axes(Axes axes, const std::vector<std::string>& names) {
  for (const auto& name : names) axes.erase(name);
  return axes;
}

std::vector<Group> groups_of(const Report& report) {
  std::vector<Group> groups;
  for (const auto& trial : report.trials) {
    const auto axes = remove_axes(trial.axes, report.repeats);
    auto it =
        std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.axes == axes; });
    if (it == groups.end()) it = groups.insert(groups.end(), Group{axes, {}});
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

}  // namespace assay
