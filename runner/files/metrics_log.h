// metrics.jsonl: one object per line {"t", "stage", "unit", "name", "value"}, appended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runner/files/file_system.h"

namespace assay {

struct MetricRow {
  double t = 0;  // seconds since 1970
  std::string stage;
  std::int64_t unit = 0;
  std::string name;  // split/metric
  double value = 0;  // NaN and infinities are written as "NaN", "Infinity", "-Infinity" strings
};

class MetricsLog {
 public:
  /// Opens for appending after cutting every row whose unit is `from_unit` or later, and a torn
  /// last line. Throws Error{kIo}, naming the path and what failed (a full disk, say).
  MetricsLog(const std::filesystem::path& path, std::string stage, std::int64_t from_unit);
  void append(std::int64_t unit, std::string_view name, double value);  // in memory
  void write();  // for readers; a power cut may undo it
  void sync();   // to the disk; called before the checkpoint that follows the rows

 private:
  AppendedFile file_;
  std::string stage_;
  std::string pending_;  // a later call goes on where one failed
};

/// All whole rows; a torn last line is left out. Throws Error{kCorrupt} for any other bad line.
std::vector<MetricRow> read_metrics(const std::filesystem::path& path);

}  // namespace assay
