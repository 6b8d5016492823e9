// A new plugin from templates that build and pass their test as they are.
#pragma once

#include <filesystem>
#include <string>

#include "assay/value.h"

namespace assay::cli {

struct Made {
  Strings files;
  std::string next;  // the commands that build and run it
};

/// Writes into a checkout of Assay (a folder with plugins/CMakeLists.txt), or a project of its own.
/// Throws Error{kPlugin} for a kind without a template or a name that is none, Error{kIo} for a
/// file that is there already.
Made new_plugin(const std::string& kind, const std::string& name, const std::filesystem::path& dir);

}  // namespace assay::cli
