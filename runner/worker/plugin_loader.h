// Loads plugins into a process that has LibTorch.
#pragma once

#include <filesystem>
#include <string>

#include "assay/registry.h"

namespace assay {

struct Loaded {
  std::string path, build;
};

/// Checks the file's tag, loads it for good (LibTorch crashes at unload), checks that it left the
/// process as it was, and lets it register, all but the components `hidden` (kind/name). Throws
/// Error{kPlugin}: the file, what is wrong, what to do.
Loaded load_plugin(const std::filesystem::path& file, Registry& registry,
                   const Strings& hidden = {});

}  // namespace assay
