// resolved.yaml: one stage with nothing left to resolve.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/files/file_system.h"
#include "runner/manifest/check.h"
#include "runner/manifest/identity.h"
#include "runner/manifest/limits.h"
#include "runner/manifest/manifest.h"
#include "runner/manifest/scalar.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::string key_text(const std::string& key) {
  const bool plain =
      !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
  return plain ? key : Json(key).dump();
}

// Maps in block style, everything else as JSON, which YAML can read.
void emit(const Json& json, int indent, std::string& text) {
  for (const auto& [key, value] : json.items()) {
    text += std::string(static_cast<std::size_t>(indent), ' ') + key_text(key) + ":";
    if (value.is_object() && !value.empty()) {
      text += "\n";
      emit(value, indent + 2, text);
    } else {
      text += " " + value.dump() + "\n";
    }
  }
}

std::map<std::string, std::string> words(const Node* map) {
  std::map<std::string, std::string> found;
  if (map != nullptr)
    for (const auto& entry : map->entries) found[entry.key] = entry.value.text;
  return found;
}

std::string text_of(const Node& root, const char* key) {
  const Node* node = root.find(key);
  return node == nullptr ? "" : node->text;
}

// Which plugin or data is no longer what it was.
std::string changed(const Stage& then, const Stage& now) {
  for (const auto& [path, build] : then.plugins)
    if (const auto it = now.plugins.find(path); it == now.plugins.end() || it->second != build)
      return "the plugin " + path +
             " was rebuilt after this run started: run the manifest again, which starts a new "
             "trial";
  for (const auto& [file, build] : now.core)
    if (const auto it = then.core.find(file); it == then.core.end() || it->second != build)
      return file +
             " was rebuilt after this run started: run the manifest again, which starts a new "
             "trial";
  for (const auto& [path, print] : then.data)
    if (const auto it = now.data.find(path); it == now.data.end() || it->second != print)
      return "the data at " + path +
             " changed after this run started: run the manifest again, which starts a new trial";
  return "the identity of this run has changed: run the manifest again, which starts a new trial";
}

// All but the components, as it was written.
Stage stage_of(const Node& root) {
  Stage stage;
  stage.id = text_of(root, "id");
  stage.name = text_of(root, "stage");
  stage.device = text_of(root, "device");
  stage.deterministic = text_of(root, "deterministic") == "true";
  stage.recipe = text_of(root, "recipe");
  stage.after = words(root.find("after"));
  stage.after_recipes = words(root.find("after_recipes"));
  stage.weights = text_of(root, "weights");
  stage.subset = text_of(root, "subset");
  stage.plugins = words(root.find("plugins"));
  stage.core = words(root.find("core"));
  stage.data = words(root.find("data"));
  stage.seed = integer_at(root, "seed").value_or(0);
  return stage;
}

// Components from the plugins of today, which must make the identity it had.
void make_current(Stage& stage, const Node& root, const Catalog& catalog) {
  Complaints complaints;
  Checker checker(catalog, complaints);
  if (const Node* components = root.find("components"))
    for (const auto& entry : components->entries)
      stage.components[entry.key] = checker.component(entry.value, entry.key);
  complaints.throw_if_any();
  const Stage then = stage;
  stage.plugins.clear();
  stage.data.clear();
  identify_stage(stage, catalog);
  if (stage.id != then.id) complaints.add(root.at, changed(then, stage));
  complaints.throw_if_any();
}

}  // namespace

std::string resolved_yaml(const Experiment& experiment, const Trial& trial, const Stage& stage) {
  Json components = Json::object();
  for (const auto& [kind, spec] : stage.components) components[kind] = to_json(spec);
  const Json all = {
      {"assay", 1},
      {"name", experiment.name},
      {"stage", stage.name},
      {"id", stage.id},
      {"recipe", stage.recipe},
      {"axes", trial.axes},
      {"seed", stage.seed},
      {"trial_seed", trial.seed},
      {"device", stage.device},
      {"deterministic", stage.deterministic},
      {"components", components},
      {"after", stage.after},
      {"after_recipes", stage.after_recipes},
      {"weights", stage.weights},
      {"subset", stage.subset},
      {"plugins", stage.plugins},
      {"core", stage.core},
      {"data", stage.data},
      {"limits", limits_json(experiment.limits)},
      {"report", {{"metric", experiment.report.metric}, {"compare", experiment.report.compare}}}};
  std::string text;
  emit(all, 0, text);
  return text;
}

Experiment read_resolved(const std::filesystem::path& file, const Catalog& catalog,
                         Reading reading) {
  const std::string text = read_file(file);
  const Node root = read_yaml(text, {file.string(), 1, 1});
  Experiment experiment;
  experiment.file = file;
  experiment.text = text;
  experiment.name = text_of(root, "name");
  experiment.limits = limits_of(root.find("limits"));
  if (const Node* report = root.find("report"))
    experiment.report = {text_of(*report, "metric"), text_of(*report, "compare")};
  Stage stage = stage_of(root);
  if (reading == Reading::kSame) make_current(stage, root, catalog);
  const auto seed = integer_at(root, "trial_seed").value_or(stage.seed);
  Trial trial{stage.id, words(root.find("axes")), seed, {}};
  trial.stages.push_back(std::move(stage));
  experiment.trials.push_back(std::move(trial));
  return experiment;
}

}  // namespace assay
