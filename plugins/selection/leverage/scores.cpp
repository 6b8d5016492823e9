#include "selection/leverage/scores.h"

#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace selection {

torch::Tensor leverage_scores(const torch::Tensor& x, double alpha, std::int64_t rank) {
  const auto [u, s, v] = at::linalg_svd(x, /*full_matrices=*/false);
  const auto square = s.square();
  const auto count = rank > 0 ? std::min(rank, s.numel()) : s.numel();
  // Features and gradients are single precision, and rounding them moves a zero by up to this.
  const double least = 1e-6 * s.max().item<double>();
  auto weight = square / (square + alpha);
  weight = at::where(s > least, weight, at::zeros_like(s)).narrow(0, 0, count);
  return at::mv(u.narrow(1, 0, count).square(), weight);
}

}  // namespace selection
