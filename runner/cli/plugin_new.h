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

struct NewPlugin {
  std::string kind, name;
  std::string topic;  // folder below plugins/ in a checkout; empty for a project of its own
  std::filesystem::path
      dir;  // a checkout of Assay (it has plugins/CMakeLists.txt), or a new folder
};

/// Writes code, manifest and README, and in a checkout a test. Throws Error{kPlugin} for a kind
/// without a template, an invalid name, or a topic that is missing or out of place, and Error{kIo}
/// for a file that exists already.
Made new_plugin(const NewPlugin& wanted);

}  // namespace assay::cli
