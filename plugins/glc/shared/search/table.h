// The training samples, a column at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "glc/shared/rules/rules.h"

namespace glc {

struct Table {
  std::vector<std::vector<float>> columns;
  std::vector<std::int32_t> target;  // class of each row
  std::int64_t classes = 0;

  std::size_t rows() const { return target.size(); }
  bool holds(const Box& box, std::size_t row) const {
    for (std::size_t k = 0; k < columns.size(); ++k)
      if (!box[k].free() && !box[k].holds(columns[k][row])) return false;
    return true;
  }
};

using Rows = std::vector<std::uint32_t>;

/// Rows of each class.
std::vector<std::int64_t> class_sizes(const Table& table);
/// Classes that occur, the rarest first; of two as rare, the first.
std::vector<std::int64_t> rarest_first(const Table& table);

}  // namespace glc
