// What a run left, without what no two runs share.
#pragma once

#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

namespace assay::testing {

/// The rows of a run folder's metrics.jsonl without their wall time.
inline std::string rows_of(const std::filesystem::path& dir) {
  std::string rows, line;
  std::istringstream in(slurp(dir / "metrics.jsonl"));
  while (std::getline(in, line)) {
    auto row = nlohmann::ordered_json::parse(line);
    row.erase("t");
    rows += row.dump() + "\n";
  }
  return rows;
}

}  // namespace assay::testing
