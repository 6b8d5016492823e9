// Catalog: every component that the plugins on the search path offer, and every plugin that was
// refused, as the front end knows them without loading any.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/needs.h"
#include "runner/protocol/probe_answer.h"

namespace assay {

/// A plugin that cannot be used.
struct Refusal {
  std::string file;
  std::string reason;       // one sentence that says what to do
  Strings components = {};  // kind/name that it offered once, where that is known
  bool quarantined = false;
};

/// A component of a plugin that another one, before it on the search path, has too.
struct Hidden {
  std::string kind, name;
  std::string plugin;  // path of the .so whose component is not used
};

struct Catalog {
  std::vector<ComponentInfo> components;  // sorted by kind, then name
  std::vector<Hidden> hidden;
  std::vector<Refusal> refused;
  std::map<std::string, std::string> core;  // build ids of what computes beside plugins, by file
  Strings folders;                          // the search path
  Strings warnings;                         // to be told whoever uses it

  const ComponentInfo* find(std::string_view kind, std::string_view name) const;
  Strings names(std::string_view kind) const;
  Strings kinds() const;
  /// The kinds that a manifest may name at its top or in a stage: the five of the core, and those
  /// that a procedure takes. Others are parts of components.
  Strings stage_kinds() const;
  /// Those of them that are not of the core.
  Strings special_kinds() const;

  /// Names of the components of a kind that have an ability.
  Strings able(std::string_view kind, const std::string& ability) const;

  /// Why there is no such component: nearest names, folders searched, and the refusal of a plugin
  /// file of that name, in one sentence.
  std::string missing(std::string_view kind, std::string_view name) const;
  /// Why the plugin was refused that may offer it, or ""; of any kind where `kind` is empty.
  std::string refusal_of(std::string_view kind, std::string_view name) const;
};

}  // namespace assay
