// Loads plugins into a process that has LibTorch.
#pragma once

#include <filesystem>
#include <string>

#include "assay/registry.h"
#include "runner/protocol/job.h"

namespace assay {

struct Loaded {
  std::string path, build;
};

/// Checks the file's tag, loads it for good (LibTorch crashes at unload), checks that it left the
/// process as it was, and lets it register, all but the components `hidden` (kind/name). Throws
/// Error{kPlugin}: the file, what is wrong, what to do.
Loaded load_plugin(const std::filesystem::path& file, Registry& registry,
                   const Strings& hidden = {});

/// The same of a plugin that `job` uses. Throws Error{kPlugin} too if the file has another build
/// than `build`, that of the job.
void load_plugin_of(const Job& job, const std::filesystem::path& file, const std::string& build,
                    Registry& registry);

}  // namespace assay
