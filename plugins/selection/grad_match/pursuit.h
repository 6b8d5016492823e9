// Orthogonal matching pursuit with non-negative weights.
#pragma once

#include "assay/selector.h"

namespace selection {

/// Selects n rows of `x` [N, D] and weights w >= 0 that make |sum_j w_j x_j - b|^2 + r |w|^2 small,
/// where r is `ridge` times the largest |x_j|^2. Each step adds the row with the largest inner
/// product with the residual, and solves for all weights again.
assay::Selector::Choice pursuit(const torch::Tensor& x, const torch::Tensor& b, std::int64_t n,
                                double ridge);

}  // namespace selection
