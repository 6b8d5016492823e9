// The curvature of the loss in the last layer's weights, and the Gaussian that it implies.
#pragma once

#include "assay/sdk/posterior.h"

namespace laplace {

enum class Structure { kDiagonal, kKronecker, kFull };

/// Sums over samples of the generalized Gauss-Newton matrix of the negative log-likelihood in
/// theta = [weight, bias], [K, D + 1]. In float64.
class Curvature {
 public:
  Curvature(Structure structure, std::int64_t outputs, std::int64_t columns);

  /// `features` [B, D + 1] with a column of ones, `hessian` [B, K, K] in the outputs.
  void add(const torch::Tensor& features, const torch::Tensor& hessian);

  /// Eigenvalues, [K (D + 1)], in any order: of diag(H), of H, or of B x A.
  torch::Tensor eigenvalues() const;
  /// [K, D + 1], of a diagonal structure.
  torch::Tensor variance(double prior_precision) const;
  /// Rows F [m, K, D + 1] with F^T F the covariance, m = K (D + 1), of the other structures.
  torch::Tensor factor(double prior_precision) const;

  void save(assay::State& state) const;
  void load(const assay::State& state);

 private:
  Structure structure_;
  std::int64_t K_, D_;
  double samples_ = 0;
  torch::Tensor
      sum_;  // diagonal [K, D + 1], full [K, D + 1, K, D + 1], Kronecker: of hessians [K, K]
  torch::Tensor outer_;  // Kronecker: of the features' outer products [D + 1, D + 1]
};

}  // namespace laplace
