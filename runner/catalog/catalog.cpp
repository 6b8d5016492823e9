// Look-ups, and the sentence for a component that is not there.
#include "runner/catalog/catalog.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace assay {
namespace {

const Strings kCoreKinds = {"dataset", "model", "objective", "optimizer", "procedure"};

bool contains(const Strings& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void add(const std::string& kind, Strings& kinds) {
  if (!contains(kinds, kind)) kinds.push_back(kind);
}

}  // namespace

const ComponentInfo* Catalog::find(std::string_view kind, std::string_view name) const {
  for (const auto& component : components)
    if (component.kind == kind && component.name == name) return &component;
  return nullptr;
}

Strings Catalog::names(std::string_view kind) const {
  Strings all;
  for (const auto& component : components)
    if (component.kind == kind) all.push_back(component.name);
  return all;
}

Strings Catalog::kinds() const {
  Strings all = kCoreKinds;
  for (const auto& component : components) add(component.kind, all);
  return all;
}

Strings Catalog::stage_kinds() const {
  Strings all = kCoreKinds;
  for (auto& kind : special_kinds()) all.push_back(std::move(kind));
  return all;
}

Strings Catalog::special_kinds() const {
  Strings all;
  for (const auto& component : components)
    for (const auto& need : component.needs)
      if (const auto kind = need_of(need).kind;
          component.kind == "procedure" && kind != kTrainedWeights && !contains(kCoreKinds, kind))
        add(kind, all);
  return all;
}

Strings Catalog::able(std::string_view kind, const std::string& ability) const {
  Strings names;
  for (const auto& component : components)
    if (component.kind == kind && component.has(ability)) names.push_back(component.name);
  return names;
}

std::string Catalog::refusal_of(std::string_view kind, std::string_view name) const {
  const auto offered = fmt::format("{}/{}", kind, name);
  for (const auto& refusal : refused) {
    if (std::filesystem::path(refusal.file).stem() == name)
      return "the plugin of this name was refused: " + refusal.reason;
    for (const auto& component : refusal.components)
      if (kind.empty() ? component.ends_with(offered) : component == offered)
        return "the plugin that registers it was refused: " + refusal.reason;
  }
  return "";
}

std::string Catalog::missing(std::string_view kind, std::string_view name) const {
  std::string text = fmt::format("there is no {} `{}`", kind, name);
  if (const auto why = refusal_of(kind, name); !why.empty()) return text + "; " + why;
  for (const auto& component : components)
    if (component.name == name && component.kind != kind)
      return text + fmt::format("; `{}` is of kind {}", name, component.kind);
  const auto known = names(kind);
  if (const auto near = nearest(name, known); !near.empty())
    text += "; did you mean `" + near + "`?";
  else if (!known.empty())
    text += fmt::format("; available are {}", fmt::join(known, ", "));
  return text + fmt::format(" (looked in {})", folders.empty()
                                                   ? "no folder"
                                                   : fmt::format("{}", fmt::join(folders, ", ")));
}

}  // namespace assay
