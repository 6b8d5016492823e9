#include "glc/shared/search/grid.h"

#include <algorithm>
#include <numeric>

namespace glc {

Interval Levels::interval(std::size_t from, std::size_t to) const {
  Interval sides;
  if (from > 0) sides.lower = first[from];
  if (to + 1 < size()) sides.upper = last[to];
  return sides;
}

Levels levels_of(const std::vector<float>& column, std::size_t most) {
  auto sorted = column;
  std::sort(sorted.begin(), sorted.end());
  std::size_t distinct = 0;
  for (std::size_t k = 0; k < sorted.size(); ++k) distinct += k == 0 || sorted[k] != sorted[k - 1];
  Levels levels;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    const bool other = k == 0 || sorted[k] != sorted[k - 1];
    const bool due = distinct <= most || k * most >= levels.size() * sorted.size();
    if (other && due) {
      levels.first.push_back(sorted[k]);
      levels.last.push_back(sorted[k]);
    }
    levels.last.back() = sorted[k];
  }
  levels.of_row.reserve(column.size());
  for (const auto x : column)
    levels.of_row.push_back(static_cast<std::uint32_t>(
        std::lower_bound(levels.last.begin(), levels.last.end(), x) - levels.last.begin()));
  return levels;
}

}  // namespace glc
