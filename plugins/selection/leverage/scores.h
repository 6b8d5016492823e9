// Leverage scores of the rows of a matrix.
#pragma once

#include <torch/types.h>

namespace selection {

/// l_i = sum_j u_ij^2 s_j^2 / (s_j^2 + alpha) for x = U S V^T [N, D]: the ridge leverage per row,
/// [N] double. `rank` above 0 restricts the sum to the largest singular values; 0 takes all that
/// are not zero.
torch::Tensor leverage_scores(const torch::Tensor& x, double alpha, std::int64_t rank);

}  // namespace selection
