// Small tables for the searches.
#pragma once

#include <random>

#include "glc/shared/search/table.h"

namespace glc::testing {

/// Whole numbers below `levels`; classes that lean on the first two columns.
inline Table grid(std::mt19937& draw, std::size_t rows, std::size_t columns, int levels,
                  int classes) {
  std::uniform_int_distribution<int> level(0, levels - 1), any(0, classes - 1);
  Table table;
  table.classes = classes;
  table.columns.resize(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (auto& column : table.columns) column.push_back(static_cast<float>(level(draw)));
    const int leaning = static_cast<int>(table.columns[0][r] + table.columns[1][r]) % classes;
    table.target.push_back(any(draw) == 0 ? any(draw) : leaning);
  }
  return table;
}

inline Rows all_rows(const Table& table) {
  Rows rows;
  for (std::uint32_t r = 0; r < table.rows(); ++r) rows.push_back(r);
  return rows;
}

}  // namespace glc::testing
