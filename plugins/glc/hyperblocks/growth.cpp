#include "glc/hyperblocks/growth.h"

#include <algorithm>
#include <cmath>

namespace glc {
namespace {

Box point(const Table& table, std::uint32_t row) {
  Box box(table.columns.size());
  for (std::size_t k = 0; k < box.size(); ++k) {
    const double x = table.columns[k][row];
    box[k] = {x, x};
  }
  return box;
}

// In ranges of the columns, so that no column's unit counts more than another's.
std::vector<double> distances(const Table& table, const Rows& rows) {
  std::vector<double> sums(rows.size());
  for (const auto& column : table.columns) {
    const auto [low, high] = std::minmax_element(column.begin(), column.end());
    const double range = *high - *low, from = column[rows[0]];
    if (range <= 0) continue;
    for (std::size_t i = 0; i < rows.size(); ++i)
      sums[i] += std::abs(column[rows[i]] - from) / range;
  }
  return sums;
}

}  // namespace

Rule grown_block(const Table& table, const Rows& rows, const Rows& others) {
  Rule rule{table.target[rows[0]], point(table, rows[0])};
  const auto far = distances(table, rows);
  std::vector<std::size_t> order;
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (table.target[rows[i]] == rule.answer) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return far[a] < far[b]; });
  const auto is_pure = [&](const Box& box) {
    return std::none_of(others.begin(), others.end(), [&](auto row) {
      return table.target[row] != rule.answer && table.holds(box, row);
    });
  };
  for (const auto i : order) {
    if (table.holds(rule.box, rows[i])) continue;
    auto both = envelope(rule.box, point(table, rows[i]));
    if (is_pure(both)) rule.box = std::move(both);
  }
  return rule;
}

}  // namespace glc
