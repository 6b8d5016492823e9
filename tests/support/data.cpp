#include "tests/support/data.h"

#include <cstdlib>

#include <catch2/catch.hpp>

namespace assay::testing {
namespace {

namespace fs = std::filesystem;

int skipped = 0;

bool is_missing(bool missing, const std::string& why) {
  if (!missing) return false;
  ++skipped;
  WARN("skipped: " << why);
  return true;
}

}  // namespace

fs::path data_folder() {
  const char* folder = std::getenv("ASSAY_DATA");
  return folder == nullptr || !fs::is_directory(folder) ? "" : folder;
}

bool data_missing() {
  return is_missing(data_folder().empty(), "ASSAY_DATA is not the folder of the data sets");
}

bool fashion_missing() {
  return is_missing(!fs::exists("/usr/share/datasets/fashion-mnist"),
                    "the Debian package dataset-fashion-mnist is not installed");
}

int count_skipped() {
  return skipped;
}

}  // namespace assay::testing
