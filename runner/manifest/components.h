// A component and those within it.
#pragma once

#include <string>

#include "runner/catalog/catalog.h"

namespace assay {

/// Calls visit(kind, spec, info, path) for the component at `path`, and then for those within it,
/// in the order of their fields. `info` is null for one that the catalog does not have, which is
/// not looked into. `S` is Spec, whose parameters may be changed, or const Spec.
template <class S, class Visit>
void for_components(const Catalog& catalog, const std::string& kind, S& spec,
                    const std::string& path, const Visit& visit) {
  const ComponentInfo* info = catalog.find(kind, spec.use);
  visit(kind, spec, info, path);
  if (info == nullptr) return;
  for (const auto& field : info->fields) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) continue;
    const auto below = path + "." + field.name;
    if (auto* nested = std::get_if<Spec>(&it->second))
      for_components(catalog, field.kind, *nested, below, visit);
    if (auto* list = std::get_if<Specs>(&it->second))
      for (std::size_t i = 0; i < list->size(); ++i)
        for_components(catalog, field.kind, (*list)[i], below + "." + std::to_string(i), visit);
  }
}

}  // namespace assay
