// Hyperblocks by merging: Kovalerchuk and Hayes, "Discovering Interpretable Machine Learning Models
// in Parallel Coordinates", IV 2021, after the abstract.
#pragma once

#include "glc/shared/search/interval_search.h"
#include "glc/shared/search/table.h"

namespace glc {

/// A block around the first row of `rows`, which takes in the other rows of its class, the nearest
/// first, wherever the block around both holds no row of another class among `others`. Takes
/// O(rows * others).
Rule grown_block(const Table& table, const Rows& rows, const Rows& others);

}  // namespace glc
