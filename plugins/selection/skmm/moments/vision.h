// The solver of the authors' experiments on images (methods/cov_opt.py of their code), for
// comparison.
#pragma once

#include <functional>

#include "selection/skmm/moments/program.h"

namespace selection {

struct VisionSettings {
  double c = 0.999;
  double lr = 1e-2;
  std::int64_t steps = 2000;
  double sparsity = 1e-3;
  bool squared = false;  // the moments of s_i f_i, as the code has them, not of sqrt(s_i) f_i
  std::string simplex = "sort";  // "sort", "softmax" or "logits"
};

/// Adam on |(sum_i q_i A_ij - gamma_j lambda_j)_j| + sparsity / |s|, where q_i is s_i, or s_i^2 if
/// `squared`, over (s, gamma). Gamma begins at 1/c and is clamped to 1/c from below. After each
/// step s is brought back to the simplex {s_i >= 0, sum_i s_i = 1}, in which there is no bound of
/// 1/n: to its nearest point ("sort"), or to softmax(s) ("softmax"). With "logits" s is the softmax
/// of what Adam changes, from `s` on. Begins at `s` [N], and returns the last s. `watch` is told
/// the objective before each step.
torch::Tensor vision_moments(const Moments& moments, const VisionSettings& settings,
                             torch::Tensor s, const std::function<void(double)>& watch = {});

}  // namespace selection
