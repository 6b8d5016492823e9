// Which rows are trained on, validated on, tested on.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "assay/rng.h"

/// Rows of the splits train, validation and test, ascending.
using Splits = std::array<std::vector<std::int64_t>, 3>;

struct Shares {
  double test, validation;   // of all rows
  std::int64_t folds, fold;  // with folds, or parts that are given, the test split is that part
};

/// Deals `rows` rows out by `rng`. With `classes`, one a row, each class is dealt out in turn, so
/// that every part has its share of it. With `parts`, one a row, those equal to shares.fold are the
/// test split.
Splits split_rows(std::int64_t rows, const Shares& shares, const std::vector<std::int64_t>& classes,
                  const std::vector<std::int64_t>& parts, const assay::Rng& rng);
