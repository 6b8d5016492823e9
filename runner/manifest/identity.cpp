// SHA-256 over JSON with sorted keys. A path stands in it as the bytes that lie there.
#include "runner/manifest/identity.h"

#include <set>

#include <nlohmann/json.hpp>

#include "core/base/value_json.h"
#include "runner/files/hash.h"
#include "runner/manifest/components.h"

namespace assay {
namespace {

constexpr int kVersion = 2;  // raised when what goes into an identity changes

std::string known_fingerprint(const std::string& path) {
  static std::map<std::string, std::string> known;
  auto& found = known[path];
  if (found.empty()) found = fingerprint(path);
  return found;
}

using Hashes = std::map<std::string, std::string>;  // of the stages before, by name

std::string traced_file(const std::string& path, Stage& stage) {
  return path.empty() ? path : stage.data[path] = known_fingerprint(path);
}

// The same words may name another stage in another manifest.
void trace_stages(Value& value, const Hashes& hashes) {
  const auto hash = [&](std::string& name) {
    if (const auto it = hashes.find(name); it != hashes.end()) name = it->second;
  };
  if (auto* one = std::get_if<std::string>(&value)) hash(*one);
  if (auto* several = std::get_if<Strings>(&value))
    for (auto& name : *several) hash(name);
}

// Notes plugins and data that the component uses, and returns it with paths and stages replaced.
// With `builds` it also has the plugin's: of two plugins with a component of one name, it matters
// which one has it.
Spec trace(Spec spec, const std::string& kind, const Catalog& catalog, const Hashes& hashes,
           bool builds, Stage& stage) {
  for_components(catalog, kind, spec, kind,
                 [&](const auto&, Spec& one, const auto* info, const auto&) {
                   if (info == nullptr) return;
                   stage.plugins[info->plugin] = info->build;
                   if (builds) one.params["<build>"] = info->build;
                   for (const auto& field : info->fields) {
                     const auto it = one.params.find(field.name);
                     if (it == one.params.end()) continue;
                     if (field.kind == kStage) trace_stages(it->second, hashes);
                     if (field.type != Type::kPath) continue;
                     auto& path = std::get<std::string>(it->second);
                     path = traced_file(path, stage);
                   }
                 });
  return spec;
}

nlohmann::json trace_weights(const InitialWeights& weights, const Hashes& hashes, Stage& stage) {
  const auto from = weights.stage.empty() ? "" : hashes.at(weights.stage);
  if (weights.is_plain()) return from;
  return {{"stage", from},
          {"file", traced_file(weights.file, stage)},
          {"names", weights.names},
          {"take", weights.take},
          {"new", weights.kept}};
}

// The components, and the stages that they build on, by `hashes`.
void add_parts(nlohmann::json& json, Stage& stage, const Hashes& hashes, bool builds,
               const Catalog& catalog) {
  for (const auto& [kind, spec] : stage.components)
    json["components"][kind] =
        nlohmann::json::parse(to_json(trace(spec, kind, catalog, hashes, builds, stage)).dump());
  json.erase("after");
  for (const auto& [name, hash] : hashes) json["after"].push_back(hash);
  json["weights"] = trace_weights(stage.weights, hashes, stage);
  json["subset"] = stage.subset.empty() ? "" : hashes.at(stage.subset);
}

}  // namespace

void identify_stage(Stage& stage, const Catalog& catalog) {
  nlohmann::json json;  // its keys are sorted
  json["assay"] = kVersion;
  json["seed"] = stage.seed;
  json["device"] = stage.device;
  json["deterministic"] = stage.deterministic;
  add_parts(json, stage, stage.after_recipes, /*builds=*/false, catalog);
  stage.recipe = sha256(json.dump());
  stage.hidden.clear();
  for (const auto& one : catalog.hidden)
    if (stage.plugins.contains(one.plugin))
      stage.hidden[one.plugin].push_back(one.kind + "/" + one.name);
  stage.core = catalog.core;
  std::multiset<std::string> builds;
  for (const auto* some : {&stage.plugins, &stage.core})
    for (const auto& [file, build] : *some) builds.insert(build);
  json["builds"] = builds;
  add_parts(json, stage, stage.after, /*builds=*/true, catalog);
  stage.id = sha256(json.dump());
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
