#include "curvature.h"

#include <cmath>

#include <ATen/ops/einsum.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/zeros.h>

namespace laplace {

Curvature::Curvature(Structure structure, std::int64_t outputs, std::int64_t columns)
    : structure_(structure), K_(outputs), D_(columns) {
  if (structure == Structure::kDiagonal) sum_ = at::zeros({K_, D_}, torch::kDouble);
  if (structure == Structure::kFull) sum_ = at::zeros({K_, D_, K_, D_}, torch::kDouble);
  if (structure != Structure::kKronecker) return;
  sum_ = at::zeros({K_, K_}, torch::kDouble);
  outer_ = at::zeros({D_, D_}, torch::kDouble);
}

void Curvature::add(const torch::Tensor& features, const torch::Tensor& hessian) {
  samples_ += static_cast<double>(features.size(0));
  if (structure_ == Structure::kDiagonal) {
    sum_.add_(hessian.diagonal(0, 1, 2).t().mm(features.square()));
  } else if (structure_ == Structure::kKronecker) {
    sum_.add_(hessian.sum(0));
    outer_.add_(features.t().mm(features));
  } else {
    for (std::int64_t k = 0; k < K_; ++k)
      for (std::int64_t l = 0; l < K_; ++l) {
        const auto weighted = features * hessian.select(1, k).select(1, l).unsqueeze(1);
        sum_.select(0, k).select(1, l).add_(features.t().mm(weighted));
      }
  }
}

torch::Tensor Curvature::eigenvalues() const {
  if (structure_ == Structure::kDiagonal) return sum_.flatten();
  if (structure_ == Structure::kFull)
    return at::linalg_eigvalsh(sum_.reshape({K_ * D_, K_ * D_})).clamp_min(0);
  const auto A = at::linalg_eigvalsh(outer_ / samples_).clamp_min(0);
  return at::outer(at::linalg_eigvalsh(sum_).clamp_min(0), A).flatten();
}

torch::Tensor Curvature::variance(double prior_precision) const {
  return (sum_ + prior_precision).reciprocal();
}

torch::Tensor Curvature::factor(double prior_precision) const {
  const auto m = K_ * D_;
  if (structure_ == Structure::kFull) {
    const auto identity = at::eye(m, torch::kDouble);
    const auto L = at::linalg_cholesky(sum_.reshape({m, m}) + prior_precision * identity);
    return at::linalg_solve_triangular(L, identity, /*upper=*/false).view({m, K_, D_});
  }
  const auto [b, U] = at::linalg_eigh(sum_);
  const auto [a, V] = at::linalg_eigh(outer_ / samples_);
  const auto scale =
      (at::outer(b.clamp_min(0), a.clamp_min(0)) + prior_precision).rsqrt().view({K_, D_, 1, 1});
  return (at::einsum("ki,dj->ijkd", {U, V}) * scale).reshape({m, K_, D_});
}

void Curvature::save(assay::State& state) const {
  state.put("samples", samples_);
  state.put("sum", sum_);
  if (outer_.defined()) state.put("outer", outer_);
}

void Curvature::load(const assay::State& state) {
  samples_ = state.scalar<double>("samples");
  sum_ = state.tensor("sum").cpu().clone();
  if (structure_ == Structure::kKronecker) outer_ = state.tensor("outer").cpu().clone();
}

}  // namespace laplace
