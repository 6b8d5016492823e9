#include "contrastive/shared/losses.h"

#include <limits>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/where.h>

namespace contrastive {
namespace {

// Log-probabilities that i is paired with j, [2B, 2B]; -inf on the diagonal.
torch::Tensor pair_probabilities(const Pair& z, double temperature) {
  const NoAutocast no_autocast;
  const auto rows = normalize(at::cat({z.first, z.second}));
  auto similarity = (rows / temperature).mm(rows.t());  // [2B, d] is divided, not [2B, 2B]
  const auto self = at::eye(rows.size(0), similarity.options().dtype(torch::kBool));
  similarity.masked_fill_(self, -std::numeric_limits<double>::infinity());
  return at::log_softmax(similarity, 1);
}

torch::Tensor off_diagonal_squares(const torch::Tensor& matrix) {
  return matrix.square().sum() - matrix.diagonal().square().sum();
}

torch::Tensor standardize(const torch::Tensor& z) {
  return (z - z.mean(0)) / (z.var(0, /*unbiased=*/false) + 1e-5).sqrt();
}

torch::Tensor covariance_of(const torch::Tensor& z) {
  const auto centered = z - z.mean(0);
  return centered.t().mm(centered) / (z.size(0) - 1);
}

}  // namespace

torch::Tensor nt_xent(const Pair& z, double temperature) {
  const auto count = z.first.size(0);
  const auto places = at::arange(2 * count, z.first.options().dtype(torch::kInt64));
  const auto partner = (places + count).remainder(2 * count);
  return -pair_probabilities(z, temperature).gather(1, partner.view({-1, 1})).squeeze(1);
}

torch::Tensor supervised_contrastive(const Pair& z, const torch::Tensor& target,
                                     double temperature) {
  const auto classes = at::cat({target, target});
  const auto same = classes.view({-1, 1}).eq(classes.view({1, -1}));
  const auto self = at::eye(classes.size(0), same.options());
  const auto positive = same.logical_and(self.logical_not());
  const auto log = pair_probabilities(z, temperature);
  return -at::where(positive, log, at::zeros_like(log)).sum(1) / positive.sum(1);
}

torch::Tensor cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return (normalize(a) * normalize(b)).sum(1);
}

Correlations correlate(const Pair& z) {
  const NoAutocast no_autocast;
  const auto c = standardize(z.first).t().mm(standardize(z.second)) / z.first.size(0);
  return {(1 - c.diagonal()).square().sum(), off_diagonal_squares(c)};
}

Regularized regularize(const Pair& z) {
  const NoAutocast no_autocast;
  const auto spread = [](const torch::Tensor& rows) {
    return at::relu(1 - (rows.var(0, /*unbiased=*/true) + 1e-4).sqrt()).mean();
  };
  const auto covariance =
      off_diagonal_squares(covariance_of(z.first)) + off_diagonal_squares(covariance_of(z.second));
  return {at::mse_loss(z.first, z.second), (spread(z.first) + spread(z.second)) / 2,
          covariance / z.first.size(1)};
}

}  // namespace contrastive
