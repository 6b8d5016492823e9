// The table that ends a run.
#include <algorithm>

#include <fmt/format.h>

#include "runner/report/cells.h"

namespace assay {
namespace {

std::string aligned(const Cells& rows, bool color) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) {
      widths.resize(std::max(widths.size(), k + 1));
      widths[k] = std::max(widths[k], row[k].size());
    }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t k = 0; k < rows[r].size(); ++k)
      line += k == 0 ? fmt::format("{:<{}}", rows[r][k], widths[k])
                     : fmt::format("  {:>{}}", rows[r][k], widths[k]);
    text += r == 0 && color ? "\033[1m" + line + "\033[0m\n" : line + "\n";
  }
  return text;
}

std::string result_table(const Report& report, bool color) {
  const auto rows = format_groups(report, "-");
  if (rows.size() == 1) return "";  // nothing has a result yet
  const auto note = other_build_note(report);
  return aligned(rows, color) + (note.empty() ? "" : note + "\n");
}

std::string comparison_table(const Report& report, bool color) {
  const auto all = comparisons_of(report);
  if (all.empty()) return "";
  const auto rows = format_comparisons(all, "-");
  const auto note = write_comparison_note(report, all);
  return "\n" + aligned(rows, color) + (note.empty() ? "" : note + "\n");
}

}  // namespace

std::string text_table(const Report& report, bool color) {
  return result_table(report, color) + comparison_table(report, color);
}

}  // namespace assay
