// resolved.yaml: one stage with nothing left to resolve, for people.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/value_json.h"
#include "runner/manifest/limits.h"
#include "runner/manifest/manifest.h"
#include "runner/manifest/report.h"
#include "runner/manifest/stage_json.h"

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

}  // namespace

std::string resolved_yaml(const Experiment& experiment, const Trial& trial, const Stage& stage) {
  Json all = {{"assay", 1}, {"name", experiment.name}, {"axes", trial.axes}};
  all["trial_seed"] = trial.seed;
  all.update(to_json(stage));
  for (const auto& [kind, spec] : stage.components) all["components"][kind] = to_json(spec);
  all["limits"] = limits_json(experiment.limits);
  all["report"] = report_json(experiment.report);
  std::string text;
  emit(all, 0, text);
  return text;
}

}  // namespace assay
