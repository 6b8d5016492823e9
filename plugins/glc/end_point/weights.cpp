#include "glc/end_point/weights.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <ATen/ops/cat.h>
#include <ATen/ops/diag.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

namespace glc {
namespace {

constexpr int kSteps = 100;
constexpr double kSmall = 1e-12;  // of a Newton step, relative to the parameters

torch::Tensor with_one(const torch::Tensor& x) {
  return at::cat({x, at::ones({x.size(0), 1}, x.options())}, 1);
}

// Loss of parameters [K, D + 1], the first class's being 0 where there are two.
torch::Tensor log_probabilities(const torch::Tensor& x1, const torch::Tensor& lines) {
  auto scores = x1.matmul(lines.t());
  if (scores.size(1) == 1) scores = at::cat({at::zeros_like(scores), scores}, 1);
  return at::log_softmax(scores, 1);
}

struct Newton {
  torch::Tensor x1, y, penalty;  // penalty [D + 1]: 1 / c, and 0 for the bias

  double loss(const torch::Tensor& lines) const {
    const auto chosen = log_probabilities(x1, lines).gather(1, y.unsqueeze(1));
    return (-chosen.sum() + (lines.square() * penalty).sum() / 2).item<double>();
  }

  torch::Tensor direction(const torch::Tensor& lines, std::int64_t classes) const {
    const auto own = lines.size(0);
    auto p = log_probabilities(x1, lines).exp();
    auto right = at::one_hot(y, classes).to(torch::kDouble);
    p = p.narrow(1, classes - own, own);
    right = right.narrow(1, classes - own, own);
    const auto gradient = (p - right).t().matmul(x1) + lines * penalty;
    const auto width = x1.size(1);
    auto hessian = at::zeros({own * width, own * width}, x1.options());
    for (std::int64_t a = 0; a < own; ++a)
      for (std::int64_t b = 0; b < own; ++b) {
        const auto pa = p.select(1, a), pb = p.select(1, b);
        const auto weight = a == b ? pa * (1 - pa) : -pa * pb;
        auto block = hessian.narrow(0, a * width, width).narrow(1, b * width, width);
        block.copy_(x1.t().matmul(weight.unsqueeze(1) * x1));
        if (a == b) block.add_(at::diag(penalty));
      }
    // Softmax with a line for each class leaves the biases free by a constant.
    hessian.diagonal().add_(1e-10 * (1 + hessian.diagonal().max()));
    return at::linalg_solve(hessian, gradient.flatten()).view_as(lines);
  }
};

}  // namespace

Lines linear_discriminant(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classes) {
  const auto member = at::one_hot(y, classes).to(torch::kDouble);
  const auto count = member.sum(0);
  const auto means = member.t().matmul(x) / count.clamp_min(1).unsqueeze(1);
  const auto apart = x - means.index_select(0, y);
  const auto covariance = apart.t().matmul(apart) / static_cast<double>(x.size(0));
  const auto scale = covariance.diagonal().sqrt();
  const auto unit = at::where(scale > 0, scale.reciprocal(), at::zeros_like(scale));
  const auto inverse = at::linalg_pinv(covariance * unit.unsqueeze(0) * unit.unsqueeze(1), 1e-10,
                                       /*hermitian=*/true) *
                       unit.unsqueeze(0) * unit.unsqueeze(1);
  const auto weight = means.matmul(inverse);
  const auto bias = (count / count.sum()).log() - (weight * means).sum(1) / 2;
  return {weight, bias};
}

Lines logistic(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classes, double c) {
  const auto own = classes == 2 ? 1 : classes;
  auto penalty = at::ones({x.size(1) + 1}, x.options()) / c;
  penalty[-1] = 0;
  const Newton newton{with_one(x), y, penalty};
  auto lines = at::zeros({own, x.size(1) + 1}, x.options());
  double loss = newton.loss(lines);
  for (int step = 0; step < kSteps; ++step) {
    const auto direction = newton.direction(lines, classes);
    double length = 1;
    auto moved = lines - direction;
    while (newton.loss(moved) > loss && length > 1e-6) {
      length /= 2;
      moved = lines - length * direction;
    }
    const double better = newton.loss(moved);
    if (better > loss) break;
    const bool small = (direction.norm() <= kSmall * (1 + lines.norm())).item<bool>();
    lines = moved;
    loss = better;
    if (small) break;
  }
  if (own == 1) lines = at::cat({at::zeros_like(lines), lines});
  return {lines.narrow(1, 0, x.size(1)), lines.select(1, x.size(1))};
}

Cut best_cut(const torch::Tensor& end_points, const torch::Tensor& y) {
  const auto order = end_points.argsort(/*stable=*/true, 0, false);
  const auto sorted = end_points.index_select(0, order).contiguous();
  const auto classes = y.index_select(0, order).contiguous();
  const auto* at = sorted.const_data_ptr<double>();
  const auto* of = classes.const_data_ptr<std::int64_t>();
  const auto n = sorted.size(0), ones = y.sum().item<std::int64_t>();
  Cut best;
  std::int64_t below = 0;  // of class 1
  for (std::int64_t k = 1; k < n; ++k) {
    below += of[k - 1];
    if (at[k] == at[k - 1]) continue;
    const auto right = (k - below) + (ones - below);
    const auto most = std::max(right, n - right);
    if (most > best.right) best = {at[k - 1] + (at[k] - at[k - 1]) / 2, right < n - right, most};
  }
  if (ones > best.right) best = {at[0] - 1, false, ones};
  if (n - ones > best.right) best = {at[n - 1] + 1, false, n - ones};
  return best;
}

}  // namespace glc
