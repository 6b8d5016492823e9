// The table that ends a run.
#include <algorithm>

#include <fmt/format.h>

#include "runner/report/comparisons.h"

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
  Cells rows = {{"alternative", "metric", "mean", "deviation", "min", "max", "n", "missing"}};
  for (const auto& group : groups_of(report))
    for (const auto& metric : metrics_of(report)) {
      const Summary s = summarize(group.values(metric));
      const int missing = group.missing(metric);
      const auto number = [&](double x) {
        return s.count == 0 ? std::string("-") : fmt::format("{:.4f}", x);
      };
      rows.push_back({group.label(), metric, number(s.mean),
                      s.count > 1 ? fmt::format("{:.4f}", s.deviation) : "-", number(s.low),
                      number(s.high), std::to_string(s.count),
                      missing == 0 ? "" : std::to_string(missing)});
    }
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
