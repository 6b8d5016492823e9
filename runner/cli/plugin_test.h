// plugin test: asks the components of a plugin for what they owe.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/cli/verb.h"

namespace assay::cli {

/// Tests each component of `files` in a process of its own, and prints a sentence per promise that
/// it does not keep. Returns the exit code.
int test_plugins(const Call& call, const std::vector<std::filesystem::path>& files);

}  // namespace assay::cli
