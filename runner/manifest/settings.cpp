#include "runner/manifest/settings.h"

#include <algorithm>
#include <filesystem>

#include "runner/manifest/stage_json.h"
#include "runner/manifest/tree.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDigits = 8;
constexpr const char* kNoPart[] = {"assay", "name",   "include", "seed",
                                   "sweep", "search", "report",  "limits"};

bool is_part(const std::string& key) {
  return std::find(std::begin(kNoPart), std::end(kNoPart), key) == std::end(kNoPart);
}

std::string text_of(const Json& json) {
  if (json.is_object()) return json.value("use", "");
  return json.is_string() ? json.get<std::string>() : json.dump();
}

void flatten_manifest(const Node& node, const std::string& path, KeyValues& into) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  const auto scalar = [](const Node& item) { return item.is_scalar(); };
  if (node.is_map()) {
    for (const auto& entry : node.entries)
      if (!path.empty() || is_part(entry.key))
        flatten_manifest(entry.value, entry.key == "use" ? path : below(entry.key), into);
  } else if (node.is_list() && !std::all_of(node.items.begin(), node.items.end(), scalar)) {
    for (std::size_t i = 0; i < node.items.size(); ++i)
      flatten_manifest(node.items[i], below(std::to_string(i)), into);
  } else if (node.is_list()) {
    std::string text;
    for (const auto& item : node.items) text += (text.empty() ? "" : ",") + item.text;
    into[path] = "[" + text + "]";
  } else {
    into[path] = node.text;
  }
}

void flatten_components(const Json& json, const std::string& path, KeyValues& into) {
  const bool is_deep =
      json.is_object() || (json.is_array() && !json.empty() && json[0].is_object());
  if (!is_deep) {
    into[path] = text_of(json);
    return;
  }
  for (const auto& [key, value] : json.items())
    flatten_components(value, key == "use" ? path : path.empty() ? key : path + "." + key, into);
}

const Json* step(const Json& json, const std::string& key) {
  if (json.is_object()) {
    const auto it = json.find(key);
    return it == json.end() ? nullptr : &*it;
  }
  const auto index = json.is_array() ? index_in(key, json.size()) : std::nullopt;
  return index ? &json[*index] : nullptr;
}

}  // namespace

KeyValues settings_of(const Source& source) {
  KeyValues all;
  flatten_manifest(read_yaml(source.composed, {source.file.string(), 1, 1}), "", all);
  return all;
}

KeyValues facts_of(const Trial& trial) {
  const auto name = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  KeyValues all;
  for (const auto& stage : trial.stages) {
    for (const auto& [path, print] : stage.data)
      all["data " + name(path)] = print.substr(0, kDigits);
    for (const auto* builds : {&stage.plugins, &stage.core})
      for (const auto& [path, build] : *builds)
        all["build of " + name(path)] = build.substr(0, kDigits);
  }
  return all;
}

KeyValues resolved_of(const Trial& trial) {
  KeyValues all;
  for (const auto& stage : trial.stages)
    flatten_components(to_json(stage).at("components"), trial.stages.size() > 1 ? stage.name : "",
                       all);
  return all;
}

std::string resolved_at(const Trial& trial, const std::string& path) {
  Strings steps = steps_of(path);
  const std::string* of = nullptr;
  if (steps.size() > 2 && steps[0] == "stages") of = &steps[1];
  for (auto stage = trial.stages.rbegin(); stage != trial.stages.rend(); ++stage) {
    if (of != nullptr && stage->name != *of) continue;
    const auto json = to_json(*stage);
    const Json* found = &json.at("components");
    for (std::size_t i = of != nullptr ? 2 : 0; found != nullptr && i < steps.size(); ++i)
      found = step(*found, steps[i]);
    if (found != nullptr) return text_of(*found);
  }
  static const KeyValues kDefaults = {{"device", "auto"}, {"deterministic", "true"}};
  const auto fallback = kDefaults.find(path);
  return fallback == kDefaults.end() ? "" : fallback->second;
}

}  // namespace assay
