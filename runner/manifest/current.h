// Stages of earlier calls made ready to go on: with the builds and the data that they began with.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "runner/catalog/catalog.h"
#include "runner/manifest/tree.h"
#include "runner/manifest/trial.h"

namespace assay {

/// Where data may lie now.
struct Moves {
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>>
      named;                        // absolute, old -> new
  std::filesystem::path then, now;  // the experiment's folder: data keeps its place relative to it
};

/// Whether `path` is `folder` or lies in it.
bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder);

/// Puts the paths where the data lies now into the components of `stage`, and takes the plugins of
/// `catalog`. Complains, at `at`, of data that is gone or has changed and of builds that have, each
/// by name.
void make_current(Stage& stage, const Moves& moves, const Catalog& catalog, const Location& at,
                  Complaints& complaints);

}  // namespace assay
