// Facility location.
#pragma once

#include "assay/selector.h"

namespace selection {

/// Greedy facility location over `x` [N, D]: selects n rows so that the sum over all rows of the
/// distance to the nearest selected row falls fastest. A row's weight is the number of rows nearest
/// to it. Gains are recomputed only for the row at the head of the queue (Minoux, "Accelerated
/// greedy algorithms", 1978).
assay::Selector::Choice facilities(const torch::Tensor& x, std::int64_t n);

}  // namespace selection
