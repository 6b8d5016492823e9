// Read, compose, sweep, check, identify.
#include "runner/manifest/manifest.h"

#include <set>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/manifest/compose.h"
#include "runner/manifest/identity.h"
#include "runner/manifest/stages.h"
#include "runner/manifest/sweep.h"

namespace assay {
namespace {

// Broken references are thrown at once: what they leave behind would only bring complaints of its
// own.
void resolve_references(Node& root) {
  Complaints complaints;
  interpolate(root, complaints);
  complaints.throw_if_any();
}

// The rest may refer to what only a point of the sweep puts there.
void resolve_references_of_top(Node& root) {
  Complaints complaints;
  const Node before = root;
  for (const char* key : {"name", "report", "limits"})
    if (Node* node = root.find(key)) interpolate(*node, before, complaints);
  complaints.throw_if_any();
}

Trial trial_at(const Node& root, const Point& point, Checker& checker) {
  Node here = root;
  here.erase("sweep");
  here.erase("search");
  for (const auto& [path, value] : point.values) assign(here, steps_of(path), value);
  resolve_references(here);
  Trial trial;
  trial.axes = point.labels;
  trial.axes.erase("seed");
  trial.stages = resolve_stages(here, checker);
  if (!trial.stages.empty()) trial.seed = trial.stages.back().seed;
  return trial;
}

void check_compare(const Node& root, const Experiment& experiment, Complaints& complaints) {
  const std::string& axis = experiment.report.compare;
  const Node* sweep = root.find("sweep");
  if (axis.empty() || (sweep != nullptr && sweep->find(axis) != nullptr)) return;
  const auto near = sweep == nullptr ? "" : nearest(axis, sweep->keys());
  complaints.add(root.find("report")->find("compare")->at,
                 "`compare` is `" + axis + "`, which is no axis of `sweep`" +
                     (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

}  // namespace

Experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides, const Catalog& catalog) {
  Experiment experiment;
  experiment.file = file;
  experiment.text = read_file(file);
  experiment.overrides = overrides;
  const Node root = compose(file, overrides);
  Complaints complaints;
  Checker checker(catalog, complaints);
  Node named = root;
  resolve_references_of_top(named);
  check_top(named, checker, experiment);
  check_compare(root, experiment, complaints);
  for (const auto& point : expand_sweep(root, checker))
    experiment.trials.push_back(trial_at(root, point, checker));
  complaints.throw_if_any();
  std::set<std::string> seen;
  std::vector<Trial> once;
  for (auto& trial : experiment.trials) {
    identify(trial, catalog);
    if (seen.insert(trial.id).second) once.push_back(std::move(trial));
  }
  experiment.trials = std::move(once);
  return experiment;
}

}  // namespace assay
