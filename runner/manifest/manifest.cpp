// Read, compose, sweep, check, identify.
#include "runner/manifest/manifest.h"

#include <algorithm>
#include <map>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/hash.h"
#include "runner/manifest/compose.h"
#include "runner/manifest/earlier.h"
#include "runner/manifest/identity.h"
#include "runner/manifest/report.h"
#include "runner/manifest/scalar.h"
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

// A whole before its parts, and a `use`, which begins a component anew, before its parameters:
// whatever the order of the axes.
std::vector<std::pair<Strings, Node>> in_order(const Point& point) {
  std::vector<std::pair<Strings, Node>> values;
  for (const auto& [path, value] : point.values) values.emplace_back(steps_of(path), *value);
  const auto rank = [](const auto& one) {
    return std::pair(one.first.size(), one.first.back() != "use");
  };
  std::stable_sort(values.begin(), values.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return values;
}

std::string text_of(const Trial& trial) {
  std::string text;
  for (const auto& [axis, label] : trial.axes) text += axis + "=" + label + " ";
  return text + "seed=" + std::to_string(trial.seed);
}

// Each trial once. Points of other values that come to the same trial are a mistake: what they
// differ in has no effect.
std::vector<Trial> once(std::vector<Trial> trials, const Node& root, Complaints& complaints) {
  std::map<std::string, std::string> seen;  // id -> the first point
  std::vector<Trial> kept;
  for (auto& trial : trials) {
    const auto text = text_of(trial);
    const auto [it, fresh] = seen.emplace(trial.id, text);
    if (!fresh && it->second != text)
      complaints.add(root.find("sweep")->at,
                     "the combinations `" + it->second + "` and `" + text +
                         "` of the sweep give the same trial: the "
                         "values in which they differ have no effect; remove one");
    if (fresh) kept.push_back(std::move(trial));
  }
  return kept;
}

// The manifest as it is at one point.
Node manifest_at(const Node& root, const Point& point) {
  Node here = root;
  here.erase("sweep");
  here.erase("search");
  for (auto& [steps, value] : in_order(point)) assign(here, steps, value);
  resolve_references(here);
  return here;
}

Trial trial_at(const Node& here, const Point& point, Checker& checker) {
  Trial trial;
  trial.axes = point.labels;
  trial.axes.erase("seed");
  trial.stages = resolve_stages(here, checker);
  // The manifest's, which pairs trials; a stage may have one of its own.
  trial.seed = integer_at(here, "seed").value_or(0);
  return trial;
}

std::vector<Trial> trials_of(const Node& root, const std::vector<Point>& points, Checker& checker) {
  constexpr std::size_t kMost = 1'000'000;
  std::vector<Trial> trials;
  std::size_t values = 0;
  for (const auto& point : points) {
    const Node here = manifest_at(root, point);
    values += here.size();
    if (values > kMost && !trials.empty()) {
      checker.complaints().add(root.find("sweep")->at,
                               "the trials of the sweep have more than a million values in total: "
                               "split the sweep, or make the manifest shorter");
      break;
    }
    trials.push_back(trial_at(here, point, checker));
  }
  return trials;
}

// What a trial is but for its seed: the identity that it would have with seed 0.
std::string setting_of(const Node& root, const Point& point, const Catalog& catalog) {
  Node seedless = root;
  Node zero;
  zero.kind = Node::Kind::kScalar;
  zero.text = "0";
  seedless.set("seed", zero);
  Point rest = point;
  std::erase_if(rest.values, [](const auto& value) { return value.first == "seed"; });
  Complaints complaints;
  Checker checker(catalog, complaints);
  auto trial = trial_at(manifest_at(seedless, rest), rest, checker);
  complaints.throw_if_any();
  identify(trial, catalog);
  return trial.id;
}

// What a point puts into the manifest, but for the seed.
std::string values_of(const Point& point) {
  std::string text;
  for (const auto& [path, value] : point.values)
    if (path != "seed") text += path + ": " + write_yaml(*value) + "\n";
  return text;
}

// Of a manifest that cannot be read with seed 0, such as one with a file for each seed: as it is
// written, with the builds.
std::string written_setting(Node root, const Point& point, const Trial& trial) {
  for (const char* key : {"name", "seed", "sweep", "search", "report", "limits"}) root.erase(key);
  std::string text = write_yaml(root) + values_of(point);
  for (const auto& stage : trial.stages)
    for (const auto* builds : {&stage.plugins, &stage.core})
      for (const auto& [file, build] : *builds) text += build + "\n";
  return sha256(text);
}

// Points of the sweep that differ in the seed alone share a setting.
void add_settings(std::vector<Trial>& trials, const Node& root, const std::vector<Point>& points,
                  const Catalog& catalog) {
  std::map<std::string, std::string> known;  // by values
  for (std::size_t i = 0; i < trials.size(); ++i) {
    auto& setting = known[values_of(points[i])];
    try {
      if (setting.empty()) setting = setting_of(root, points[i], catalog);
    } catch (const ManifestErrors&) {
      setting = written_setting(root, points[i], trials[i]);
    }
    trials[i].setting = setting;
  }
}

// A manifest that stands alone is kept with its comments.
std::shared_ptr<const Source> source_of(const std::filesystem::path& file, const Strings& overrides,
                                        const Node& root) {
  Source source{std::filesystem::absolute(file), read_file(file), "", overrides};
  const bool alone =
      overrides.empty() && read_yaml(source.text, {file.string(), 1, 1}).find("include") == nullptr;
  source.composed = alone ? source.text : write_yaml(root);
  return std::make_shared<const Source>(std::move(source));
}

}  // namespace

Experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides, const Catalog& catalog) {
  Experiment experiment;
  const Node root = compose(file, overrides);
  experiment.source = source_of(file, overrides, root);
  Complaints complaints;
  Checker checker(catalog, complaints);
  Node named = root;
  resolve_references_of_top(named);
  check_top(named, checker, experiment);
  check_report_axes(named, experiment.report, complaints);
  const auto points = expand_sweep(root, checker);
  experiment.trials = trials_of(root, points, checker);
  complaints.throw_if_any();
  check_report_metric(named, experiment.trials, checker);
  complaints.throw_if_any();
  for (auto& trial : experiment.trials) {
    identify(trial, catalog);
    trial.source = experiment.source;
    check_distinct_stages(trial, catalog, complaints);
  }
  add_settings(experiment.trials, root, points, catalog);
  const auto asked = experiment.trials.size();
  experiment.trials = once(std::move(experiment.trials), root, complaints);
  experiment.repeated = asked - experiment.trials.size();
  complaints.throw_if_any();
  return experiment;
}

}  // namespace assay
