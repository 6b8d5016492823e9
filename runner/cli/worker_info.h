// What the worker program says about itself.
#pragma once

#include <string>

namespace assay::cli {

/// The line of `assay-worker version`, or "" where it cannot be run. Starts LibTorch: a third of a
/// second.
std::string worker_version();

}  // namespace assay::cli
