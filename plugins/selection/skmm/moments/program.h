// The convex program of Sketchy Moment Matching: Dong, Phan, Pan and Lei, "Sketchy Moment Matching:
// Toward Fast and Provable Data Selection for Finetuning", NeurIPS 2024.
#pragma once

#include <torch/types.h>

namespace selection {

/// Second moments of sketched gradients, in the eigenbasis v_j of their mean.
struct Moments {
  torch::Tensor each;  // A [N, m] double: (f_i . v_j)^2
  torch::Tensor mean;  // lambda [m] double: its mean over i, ascending
};

/// Of `f` [N, m], not centered; throws as checked_gradients() of shared/rows.h does.
Moments moments_of(const torch::Tensor& f);

/// Minimizes sum_j (sum_i s_i A_ij - gamma_j lambda_j)^2 over 0 <= s_i <= 1/n, sum_i s_i = 1 and
/// gamma_j >= 1/c. For a given s the best gamma is max(1/c, (A^T s)_j / lambda_j), so that what is
/// left is sum_j max(0, lambda_j / c - (A^T s)_j)^2, convex and smooth in s alone.
class MomentProgram {
 public:
  MomentProgram(Moments moments, std::int64_t n, double c);

  double value(const torch::Tensor& s) const;
  /// The best gamma for s [N]: [m] double.
  torch::Tensor gamma(const torch::Tensor& s) const;

  struct Solution {
    torch::Tensor s;   // [N] double
    double value = 0;  // of the objective
    double gap = 0;    // at most this far above the least value, over the value at s = 0
    std::int64_t steps = 0;
  };
  /// Accelerated projected gradients with a step that adapts, and restarts (Beck and Teboulle 2009;
  /// O'Donoghue and Candes 2015), from `s`, until `gap` is at most `wanted` or `most` steps are
  /// done. Where many s are best, which one is found depends on the beginning.
  Solution solve(torch::Tensor s, double wanted, std::int64_t most) const;

 private:
  torch::Tensor reached(const torch::Tensor& s) const;  // A^T s [m]
  double value_at(const torch::Tensor& reached) const;
  torch::Tensor slope_at(const torch::Tensor& reached) const;  // [N]
  double curvature() const;  // an upper bound of that of the objective

  Moments moments_;
  torch::Tensor target_;  // lambda / c
  double cap_, c_;
};

}  // namespace selection
