#include "runner/manifest/current.h"

#include <fmt/format.h>

#include "assay/error.h"
#include "runner/files/hash.h"
#include "runner/manifest/identity.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStartsNew = "run the manifest again, which starts a new trial";

bool has_print(const fs::path& path, const std::string& print) {
  std::error_code gone;
  return fs::exists(path, gone) && fingerprint(path.string()) == print;
}

// Below `from`, or `from` itself.
bool is_below(const fs::path& path, const fs::path& from) {
  const auto relative = path.lexically_relative(from);
  return !relative.empty() && *relative.begin() != "..";
}

// "" if nothing of this fingerprint lies where it may.
fs::path place_of(const fs::path& path, const std::string& print, const Moves& moves) {
  for (const auto& [from, to] : moves.named)
    if (is_below(path, from)) {
      const auto rest = path.lexically_relative(from);
      const auto there = rest == "." ? to : to / rest;
      return has_print(there, print) ? there : fs::path();
    }
  if (has_print(path, print)) return path;
  const auto beside = (moves.now / path.lexically_relative(moves.then)).lexically_normal();
  return has_print(beside, print) ? beside : fs::path();
}

std::string complaint_of(const fs::path& path, const Moves& moves) {
  for (const auto& [from, to] : moves.named)
    if (is_below(path, from))
      return fmt::format("what lies at {} is not the data that this run started with at {}",
                         to.string(), path.string());
  if (fs::exists(path))
    return fmt::format("the data at {} changed after this run started: {}", path.string(),
                       kStartsNew);
  return fmt::format(
      "the data at {0} is gone: put it back, or name where it is now with --data "
      "{0}=PATH",
      path.string());
}

using Places = std::map<std::string, std::string>;  // then -> now

void replace_paths(Spec& spec, const std::string& kind, const Places& places,
                   const Catalog& catalog) {
  const auto* info = catalog.find(kind, spec.use);
  if (info == nullptr) return;
  for (const auto& field : info->fields) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) continue;
    if (auto* nested = std::get_if<Spec>(&it->second))
      replace_paths(*nested, field.kind, places, catalog);
    if (auto* list = std::get_if<Specs>(&it->second))
      for (auto& one : *list) replace_paths(one, field.kind, places, catalog);
    if (field.type != Type::kPath) continue;
    auto& path = std::get<std::string>(it->second);
    if (const auto place = places.find(path); place != places.end()) path = place->second;
  }
}

// Component by component: a plugin that is gone leaves its component unknown.
void check_known(const Spec& spec, const std::string& kind, const Catalog& catalog,
                 const Location& at, Complaints& complaints) {
  const auto* info = catalog.find(kind, spec.use);
  if (spec.use.empty()) return;
  if (info == nullptr) return complaints.add(at, catalog.missing(kind, spec.use));
  for (const auto& field : info->fields) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) continue;
    if (const auto* nested = std::get_if<Spec>(&it->second))
      check_known(*nested, field.kind, catalog, at, complaints);
    if (const auto* list = std::get_if<Specs>(&it->second))
      for (const auto& one : *list) check_known(one, field.kind, catalog, at, complaints);
  }
}

using Builds = std::map<std::string, std::string>;

Builds by_file(const Builds& plugins, const Builds& core) {
  Builds all = core;
  for (const auto& [path, build] : plugins) all[fs::path(path).filename().string()] = build;
  return all;
}

std::string changed_build(const Stage& then, const Stage& now) {
  const auto before = by_file(then.plugins, then.core), after = by_file(now.plugins, now.core);
  for (const auto& [file, build] : before)
    if (const auto it = after.find(file); it == after.end() || it->second != build)
      return fmt::format("{} was rebuilt after this run started: {}", file, kStartsNew);
  return fmt::format("the identity of this run has changed: {}", kStartsNew);
}

}  // namespace

void make_current(Stage& stage, const Moves& moves, const Catalog& catalog, const Location& at,
                  Complaints& complaints) {
  Places places;
  bool whole = true;
  for (const auto& [path, print] : stage.data) {
    const auto place = place_of(path, print, moves);
    whole = whole && !place.empty();
    if (place.empty())
      complaints.add(at, complaint_of(path, moves));
    else
      places[path] = place.string();
  }
  for (auto& [kind, spec] : stage.components) {
    check_known(spec, kind, catalog, at, complaints);
    replace_paths(spec, kind, places, catalog);
  }
  if (!whole) return;
  const Stage then = stage;
  stage.plugins.clear();
  stage.data.clear();
  identify_stage(stage, catalog);
  if (stage.id != then.id) complaints.add(at, changed_build(then, stage));
}

}  // namespace assay
