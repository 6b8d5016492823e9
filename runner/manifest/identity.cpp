// SHA-256 over JSON with sorted keys. A path stands in it as the bytes that lie there.
#include "runner/manifest/identity.h"

#include <set>

#include <nlohmann/json.hpp>

#include "core/base/value_json.h"
#include "runner/files/hash.h"

namespace assay {
namespace {

constexpr int kVersion = 2;  // raised when what goes into an identity changes

std::string known_fingerprint(const std::string& path) {
  static std::map<std::string, std::string> known;
  auto& found = known[path];
  if (found.empty()) found = fingerprint(path);
  return found;
}

// Notes plugins and data that the component uses, and returns it with paths replaced.
Spec trace(const Spec& spec, const std::string& kind, const Catalog& catalog, Stage& stage) {
  const auto* info = catalog.find(kind, spec.use);
  if (info == nullptr) return spec;
  stage.plugins[info->plugin] = info->build;
  Spec traced = spec;
  for (const auto& field : info->fields) {
    const auto it = traced.params.find(field.name);
    if (it == traced.params.end()) continue;
    if (auto* nested = std::get_if<Spec>(&it->second))
      *nested = trace(*nested, field.kind, catalog, stage);
    if (auto* list = std::get_if<Specs>(&it->second))
      for (auto& one : *list) one = trace(one, field.kind, catalog, stage);
    if (field.type != Type::kPath) continue;
    auto& path = std::get<std::string>(it->second);
    if (path.empty()) continue;
    path = stage.data[path] = known_fingerprint(path);
  }
  return traced;
}

// The stages that it builds on, by `hashes`.
nlohmann::json after(nlohmann::json json, const Stage& stage,
                     const std::map<std::string, std::string>& hashes) {
  for (const auto& [name, hash] : hashes) json["after"].push_back(hash);
  json["weights"] = stage.weights.empty() ? "" : hashes.at(stage.weights);
  json["subset"] = stage.subset.empty() ? "" : hashes.at(stage.subset);
  return json;
}

}  // namespace

void identify_stage(Stage& stage, const Catalog& catalog) {
  nlohmann::json json;  // its keys are sorted
  json["assay"] = kVersion;
  for (const auto& [kind, spec] : stage.components)
    json["components"][kind] =
        nlohmann::json::parse(to_json(trace(spec, kind, catalog, stage)).dump());
  json["seed"] = stage.seed;
  json["device"] = stage.device;
  json["deterministic"] = stage.deterministic;
  stage.recipe = sha256(after(json, stage, stage.after_recipes).dump());
  stage.core = catalog.core;
  std::multiset<std::string> builds;
  for (const auto* some : {&stage.plugins, &stage.core})
    for (const auto& [file, build] : *some) builds.insert(build);
  json["builds"] = builds;
  stage.id = sha256(after(json, stage, stage.after).dump());
}

void identify(Trial& trial, const Catalog& catalog) {
  std::map<std::string, std::string> ids, recipes;
  std::set<std::string> leaves;
  for (auto& stage : trial.stages) {
    for (auto& [name, id] : stage.after) {
      id = ids[name];
      stage.after_recipes[name] = recipes[name];
      leaves.erase(id);
    }
    identify_stage(stage, catalog);
    ids[stage.name] = stage.id;
    recipes[stage.name] = stage.recipe;
    leaves.insert(stage.id);
  }
  std::string together;
  for (const auto& leaf : leaves) together += leaf;
  trial.id = leaves.size() == 1 ? *leaves.begin() : sha256(together);
}

}  // namespace assay
