#include "glc/shared/search/covering.h"

#include <algorithm>

namespace glc {

std::vector<Plane> single_columns(std::size_t columns) {
  std::vector<Plane> planes;
  for (std::size_t k = 0; k < columns; ++k) planes.push_back({Plane::kNone, k});
  return planes;
}

std::vector<Plane> adjacent_pairs(std::size_t columns) {
  std::vector<Plane> planes;
  for (std::size_t k = 1; k < columns; ++k) planes.push_back({k - 1, k});
  return planes;
}

std::vector<Plane> all_pairs(std::size_t columns) {
  std::vector<Plane> planes;
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t k = i + 1; k < columns; ++k) planes.push_back({i, k});
  return planes;
}

Covering::Covering(const Table& table, std::vector<Plane> planes, const Demand& demand,
                   std::size_t levels)
    : table_(table),
      planes_(std::move(planes)),
      demand_(demand),
      order_(rarest_first(table)),
      covered_(table.rows()),
      left_(table.rows()) {
  const bool single = !planes_.empty() && planes_[0].x == Plane::kNone;
  for (const auto& column : table.columns)
    levels_.push_back(levels_of(column, single ? table.rows() : levels));
  for (const auto& [x, y] : planes_) {
    Counts counts{x == Plane::kNone ? 1 : levels_[x].size(), levels_[y].size(), {}};
    counts.of_class.assign(static_cast<std::size_t>(table.classes),
                           std::vector<std::int64_t>(counts.height * counts.width));
    counts_.push_back(std::move(counts));
  }
  for (std::size_t row = 0; row < table.rows(); ++row) add(row, 1);
}

void Covering::add(std::size_t row, std::int64_t times) {
  const auto c = static_cast<std::size_t>(table_.target[row]);
  for (std::size_t k = 0; k < planes_.size(); ++k) {
    const auto& [x, y] = planes_[k];
    const std::size_t line = x == Plane::kNone ? 0 : levels_[x].of_row[row];
    counts_[k].of_class[c][line * counts_[k].width + levels_[y].of_row[row]] += times;
  }
}

void Covering::cover(const Box& box) {
  for (std::size_t row = 0; row < table_.rows(); ++row) {
    if (covered_[row] || !table_.holds(box, row)) continue;
    covered_[row] = 1;
    --left_;
    add(row, -1);
  }
}

// Lines top..bottom of x are added up, and the best stretch of y is looked for within them.
Covering::Area Covering::search(const Counts& counts, std::int64_t answer,
                                std::int64_t more_than) const {
  Area best;
  best.right = more_than;
  const auto width = counts.width;
  const auto& own = counts.of_class[static_cast<std::size_t>(answer)];
  std::vector<std::int64_t> all(counts.height * width);
  for (const auto& some : counts.of_class)
    for (std::size_t k = 0; k < all.size(); ++k) all[k] += some[k];
  std::vector<std::int64_t> right(width), total(width);
  for (std::size_t top = 0; top < counts.height; ++top) {
    std::fill(right.begin(), right.end(), 0);
    std::fill(total.begin(), total.end(), 0);
    std::int64_t most = 0;
    for (std::size_t bottom = top; bottom < counts.height; ++bottom) {
      for (std::size_t k = 0; k < width; ++k) {
        right[k] += own[bottom * width + k];
        total[k] += all[bottom * width + k];
        most += own[bottom * width + k];
      }
      if (most <= best.right) continue;
      const auto stretch = best_stretch(right, total, demand_);
      if (stretch.right > best.right) best = {stretch.right, top, bottom, stretch};
    }
  }
  return best;
}

Box Covering::box_of(const Plane& plane, const Area& area) const {
  Box box(table_.columns.size());
  const auto& [x, y] = plane;
  if (x != Plane::kNone) box[x] = levels_[x].interval(area.top, area.bottom);
  box[y] = levels_[y].interval(area.stretch.first, area.stretch.last);
  if (!box[y].free() || (x != Plane::kNone && !box[x].free())) return box;
  // All that is left is pure enough. A rule that always holds would answer what nobody has seen.
  for (const auto k : {x, y}) {
    if (k == Plane::kNone) continue;
    box[k] = {kInfinity, -kInfinity};
    for (std::size_t row = 0; row < table_.rows(); ++row)
      if (!covered_[row])
        box[k] = {std::min<double>(box[k].lower, table_.columns[k][row]),
                  std::max<double>(box[k].upper, table_.columns[k][row])};
  }
  return box;
}

std::optional<Found> Covering::next() const {
  Found best;
  for (std::size_t k = 0; k < planes_.size(); ++k)
    for (const auto answer : order_) {
      const auto area = search(counts_[k], answer, best.right);
      if (area.right <= best.right) continue;
      best = {{answer, box_of(planes_[k], area)}, area.right};
    }
  if (best.right == 0) return {};
  return best;
}

}  // namespace glc
