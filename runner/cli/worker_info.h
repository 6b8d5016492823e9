// What the worker program says about itself.
#pragma once

#include <string>
#include <string_view>

namespace assay::cli {

/// The line of `assay-worker version`, or "" where it cannot be run. Starts LibTorch: a third of a
/// second.
std::string worker_version();
/// The same for a reader: "interface 7, libtorch 2.11.0, compiler gcc12" and so on.
std::string describe_version(std::string_view version);

}  // namespace assay::cli
