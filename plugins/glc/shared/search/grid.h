// Columns as levels: places at which areas may begin and end.
#pragma once

#include "glc/shared/search/table.h"

namespace glc {

/// The levels of one column: each distinct value, or, where there are more than `most`, stretches
/// of values that hold about as many rows each.
struct Levels {
  std::vector<float> first, last;     // the smallest and the largest value of each level
  std::vector<std::uint32_t> of_row;  // level of each row

  std::size_t size() const { return first.size(); }
  /// The values of the levels first..last; a side that reaches the end of the column is free.
  Interval interval(std::size_t from, std::size_t to) const;
};

Levels levels_of(const std::vector<float>& column, std::size_t most);

}  // namespace glc
