#include "runner/report/cells.h"

#include <cmath>

#include <fmt/format.h>

namespace assay {
namespace {

std::string format_p(double p) {
  return p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p);
}

}  // namespace

std::string format_number(double x, bool signs) {
  const double size = std::abs(x);
  const bool decimals = size == 0 || (size >= 1e-3 && size < 1e7);
  if (signs) return decimals ? fmt::format("{:+.4f}", x) : fmt::format("{:+.4g}", x);
  return decimals ? fmt::format("{:.4f}", x) : fmt::format("{:.4g}", x);
}

Cells format_groups(const Report& report, const std::string& none) {
  Cells rows = {{"alternative", "metric", "mean", "deviation", "min", "max", "n", "missing"}};
  for (const auto& group : groups_of(report))
    for (const auto& metric : metrics_of(report)) {
      const Summary s = summarize(group.values(metric));
      const int missing = group.missing(metric);
      const auto number = [&](double x, int least) {
        return s.count < least ? none : format_number(x);
      };
      rows.push_back({group.label(), metric, number(s.mean, 1), number(s.deviation, 2),
                      number(s.low, 1), number(s.high, 1), std::to_string(s.count),
                      missing == 0 ? "" : std::to_string(missing)});
    }
  return rows;
}

Cells format_comparisons(const std::vector<Comparison>& all, const std::string& none) {
  Cells rows = {{"paired", "metric", "difference", "95 % interval", "p", "p (Holm)", "n", "pairs"}};
  for (const auto& one : all) {
    const Paired& d = one.difference;
    std::vector<std::string> interval = {none, none, none};
    if (one.has_interval())
      interval = {fmt::format("[{}, {}]", format_number(d.mean - *d.half_width, true),
                              format_number(d.mean + *d.half_width, true)),
                  format_p(*d.p), format_p(one.corrected_p)};
    rows.push_back({one.label(), one.metric, d.count > 0 ? format_number(d.mean, true) : none,
                    interval[0], interval[1], interval[2], std::to_string(d.count),
                    std::to_string(one.pairs)});
  }
  return rows;
}

}  // namespace assay
