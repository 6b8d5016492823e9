#include "runner/manifest/current.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/error.h"
#include "runner/files/build_id.h"
#include "runner/files/hash.h"
#include "runner/manifest/components.h"
#include "runner/manifest/identity.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStartsNew = "run the manifest again, which starts a new trial";

bool has_print(const fs::path& path, const std::string& print) {
  std::error_code gone;
  return fs::exists(path, gone) && fingerprint(path.string()) == print;
}

// Where the user says that it is, by the longest of the old places; "" if no one was named.
fs::path named_place(const fs::path& path, const Moves& moves) {
  fs::path there;
  std::size_t longest = 0;
  for (const auto& [from, to] : moves.named) {
    if (!is_below(path, from) || from.string().size() < longest) continue;
    const auto rest = path.lexically_relative(from);
    there = rest == "." ? to : to / rest;
    longest = from.string().size();
  }
  return there;
}

// "" if nothing of this fingerprint lies where it may.
fs::path place_of(const fs::path& path, const std::string& print, const Moves& moves) {
  if (const auto there = named_place(path, moves); !there.empty())
    return has_print(there, print) ? there : fs::path();
  if (has_print(path, print)) return path;
  const auto beside = (moves.now / path.lexically_relative(moves.then)).lexically_normal();
  return has_print(beside, print) ? beside : fs::path();
}

std::string complaint_of(const fs::path& path, const Moves& moves) {
  if (const auto there = named_place(path, moves); !there.empty())
    return fs::exists(there)
               ? fmt::format("what lies at {} is not the data that this run started with at {}",
                             there.string(), path.string())
               : fmt::format("{}, where the data of {} should be now, does not exist",
                             there.string(), path.string());
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
  for_components(catalog, kind, spec, kind,
                 [&](const auto&, Spec& one, const auto* info, const auto&) {
                   if (info == nullptr) return;
                   for (const auto& field : info->fields) {
                     const auto it = one.params.find(field.name);
                     if (field.type != Type::kPath || it == one.params.end()) continue;
                     auto& path = std::get<std::string>(it->second);
                     if (const auto place = places.find(path); place != places.end())
                       path = place->second;
                   }
                 });
}

// The plugin files of the run that are not there, or not on the search path.
std::string describe_lost(const Stage& stage, const Catalog& catalog) {
  Strings lost;
  for (const auto& [file, build] : stage.plugins) {
    const auto& path = file;  // clang 14 captures no structured binding
    const bool known =
        std::any_of(catalog.components.begin(), catalog.components.end(), [&](const auto& one) {
          return fs::path(one.plugin).filename() == fs::path(path).filename();
        });
    if (known) continue;
    const auto refusal = std::find_if(catalog.refused.begin(), catalog.refused.end(),
                                      [&](const Refusal& one) { return one.file == path; });
    if (refusal != catalog.refused.end()) {
      lost.push_back(refusal->reason);
      continue;
    }
    lost.push_back(fs::exists(file)
                       ? fmt::format("{}, which is not on the search path: add --plugins {}", file,
                                     fs::path(file).parent_path().string())
                       : fmt::format("{}, which is gone: put it back", file));
  }
  return lost.empty() ? "" : fmt::format("; this run used {}", fmt::join(lost, "; "));
}

// Component by component: a plugin that is gone leaves its component unknown.
bool is_known(const Spec& spec, const std::string& kind, const Catalog& catalog, const Stage& stage,
              const Location& at, Complaints& complaints) {
  bool all = true;
  for_components(catalog, kind, spec, kind,
                 [&](const auto& its_kind, const Spec& one, const auto* info, const auto&) {
                   if (info != nullptr || one.use.empty()) return;
                   complaints.add(
                       at, catalog.missing(its_kind, one.use) + describe_lost(stage, catalog));
                   all = false;
                 });
  return all;
}

std::string changed_build(const Stage& then, const Stage& now) {
  const auto files =
      differing_builds(builds_of(then.plugins, then.core), builds_of(now.plugins, now.core));
  if (files.empty()) return fmt::format("the identity of this run has changed: {}", kStartsNew);
  return fmt::format("{} was rebuilt after this run started: {}", fmt::join(files, ", "),
                     kStartsNew);
}

}  // namespace

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

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
    whole = is_known(spec, kind, catalog, stage, at, complaints) && whole;
    replace_paths(spec, kind, places, catalog);
  }
  if (const auto place = places.find(stage.weights.file); place != places.end())
    stage.weights.file = place->second;
  if (!whole) return;
  const Stage then = stage;
  stage.plugins.clear();
  stage.data.clear();
  identify_stage(stage, catalog);
  if (stage.id != then.id) complaints.add(at, changed_build(then, stage));
}

}  // namespace assay
