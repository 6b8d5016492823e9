// metrics.jsonl: every whole line is a row, or the file is refused.
#include "runner/files/metrics_log.h"

#include <algorithm>

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzzing::MemoryFile file;
  const auto& path = file.with(data, size);
  return fuzzing::answer(size, [&] {
    const auto rows = read_metrics(path);
    fuzzing::require(
        std::count(data, data + size, '\n') == static_cast<std::ptrdiff_t>(rows.size()),
        "each whole line is a row");
    MetricsLog(path, "main", 1);
    for (const auto& row : read_metrics(path))
      fuzzing::require(row.unit < 1, "rows from the unit on are cut");
  });
}
