// What the targets that read manifests share: a catalog made by hand, and what is checked.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/manifest/compose.h"
#include "runner/manifest/sweep.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/target.h"
#include "tests/runner/manifest/desk.h"

namespace assay::fuzzing {

/// As the manifest tests' catalog, but without paths: a manifest may name any folder, and its bytes
/// are then read, so that an input could ask for the whole disk.
inline Catalog catalog_without_paths() {
  auto catalog = testing::toy_catalog();
  for (auto& component : catalog.components)
    std::erase_if(component.fields, [](const auto& field) { return field.type == Type::kPath; });
  return catalog;
}

/// Whether the sweep has few points: more of them take longer, as was asked for, and find nothing.
inline bool is_small(const std::filesystem::path& file, const Strings& overrides,
                     const Catalog& catalog) {
  Complaints complaints;
  Checker checker(catalog, complaints);
  return expand_sweep(compose(file, overrides), checker).size() <= 50;
}

/// Every mistake has a place and is UTF-8.
inline void check_places(const ManifestErrors& errors) {
  for (const auto& one : errors.all()) {
    require(one.at.line > 0 && one.at.column > 0, "a mistake has a place");
    nlohmann::json(one.message).dump();  // throws where it is no UTF-8
  }
}

}  // namespace assay::fuzzing
