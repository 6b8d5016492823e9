// Sequential covering: the area with the most cases becomes a rule, its cases are taken out, and
// the next one is looked for among the rest.
#pragma once

#include <optional>

#include "glc/shared/search/grid.h"
#include "glc/shared/search/interval_search.h"

namespace glc {

/// Where areas are looked for: on one column, or on the plane of two.
struct Plane {
  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t x = kNone, y = 0;  // columns; x is kNone for areas on y alone
};

std::vector<Plane> single_columns(std::size_t columns);
std::vector<Plane> adjacent_pairs(std::size_t columns);
std::vector<Plane> all_pairs(std::size_t columns);

struct Found {
  Rule rule;
  std::int64_t right = 0;  // cases of the rule's class that are not covered yet
};

class Covering {
 public:
  /// On a plane, borders lie between at most `levels` levels of each column; on a single column
  /// they may lie anywhere.
  Covering(const Table& table, std::vector<Plane> planes, const Demand& demand, std::size_t levels);

  /// The area with the most cases among those that are not covered; of equals the one on the first
  /// plane, of the rarest class, with the lowest borders. Exact for these levels.
  std::optional<Found> next() const;
  /// Takes the cases of an area out.
  void cover(const Box& box);

  std::size_t left() const { return left_; }

 private:
  // Cases of each class at each place of a plane: counts[class][x * width + y].
  struct Counts {
    std::size_t height = 1, width = 0;
    std::vector<std::vector<std::int64_t>> of_class;
  };
  struct Area {
    std::int64_t right = 0;
    std::size_t top = 0, bottom = 0;  // levels of x
    Stretch stretch;                  // levels of y
  };

  Counts count(const Plane& plane) const;
  void add(std::size_t row, std::int64_t times);
  Box box_of(const Plane& plane, const Area& area) const;
  Area search(const Counts& counts, std::int64_t answer, std::int64_t more_than) const;

  const Table& table_;
  std::vector<Plane> planes_;
  Demand demand_;
  std::vector<Levels> levels_;
  std::vector<std::int64_t> order_;  // of the classes
  std::vector<Counts> counts_;       // of each plane
  std::vector<char> covered_;
  std::size_t left_;
};

}  // namespace glc
