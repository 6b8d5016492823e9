// Where the real data sets for tests lie.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace assay::testing {

/// $ASSAY_DATA, or an empty path: tests that need it say so and leave themselves out.
inline std::filesystem::path data_folder() {
  const char* folder = std::getenv("ASSAY_DATA");
  return folder == nullptr || !std::filesystem::is_directory(folder) ? "" : folder;
}

}  // namespace assay::testing
