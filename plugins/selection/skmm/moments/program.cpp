#include "selection/skmm/moments/program.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "assay/error.h"
#include "selection/shared/rows.h"
#include "selection/skmm/moments/capped_simplex.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;

namespace {

std::span<double> numbers(torch::Tensor& x) {
  return {x.mutable_data_ptr<double>(), static_cast<std::size_t>(x.numel())};
}

}  // namespace

Moments moments_of(const torch::Tensor& f) {
  const auto x = checked_gradients(f);
  const auto sigma = x.t().matmul(x) / static_cast<double>(x.size(0));
  const auto [values, vectors] = at::linalg_eigh(sigma);
  auto each = x.matmul(vectors).square_();
  auto mean = each.mean(0);
  return {std::move(each), std::move(mean)};
}

MomentProgram::MomentProgram(Moments moments, std::int64_t n, double c)
    : moments_(std::move(moments)),
      target_(moments_.mean / c),
      cap_(1 / static_cast<double>(n)),
      c_(c) {
  if (n > moments_.each.size(0))
    throw Error(ErrorKind::kParameter, "`n` is " + std::to_string(n) + ", but there are only " +
                                           std::to_string(moments_.each.size(0)) +
                                           " samples to select from");
}

double MomentProgram::value_at(const torch::Tensor& reached) const {
  return (target_ - reached).clamp_min_(0).square_().sum().item<double>();
}

torch::Tensor MomentProgram::slope_at(const torch::Tensor& reached) const {
  return at::mv(moments_.each, (target_ - reached).clamp_min_(0)).mul_(-2);
}

double MomentProgram::value(const torch::Tensor& s) const {
  return value_at(reached(s));
}

torch::Tensor MomentProgram::gamma(const torch::Tensor& s) const {
  const auto reached = at::mv(moments_.each.t(), s);
  const auto& mean = moments_.mean;
  return at::where(mean > 0, reached / mean, at::zeros_like(mean)).clamp_min(1 / c_);
}

// 2 |A|^2. For a matrix without negative entries, as A^T A, and any x > 0 the largest (A^T A x)_j /
// x_j is a bound (Collatz); the power method makes it a close one.
double MomentProgram::curvature() const {
  const auto square = moments_.each.t().matmul(moments_.each);
  auto x = at::ones_like(moments_.mean);
  double bound = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 30; ++k) {
    const auto next = at::mv(square, x);
    bound = std::min(bound, (next / x).max().item<double>());
    x = (next / next.norm()).clamp_min_(1e-9);
  }
  return 2 * bound;
}

// A^T s, of the rows alone that s is not zero at.
torch::Tensor MomentProgram::reached(const torch::Tensor& s) const {
  const auto some = s.nonzero().squeeze(1);
  if (2 * some.numel() > s.numel()) return at::mv(moments_.each.t(), s);
  return at::mv(moments_.each.index_select(0, some).t(), s.index_select(0, some));
}

// The step grows while the curvature that is met allows it: near a selection that is the one of
// some n rows, not of all N.
MomentProgram::Solution MomentProgram::solve(torch::Tensor s, double wanted,
                                             std::int64_t most) const {
  Solution found{s.clone(), 0, 0, 0};
  project(numbers(found.s), cap_);
  const double scale = target_.square().sum().item<double>(), safe = 1 / curvature();
  auto at_s = reached(found.s), ahead = found.s.clone(), at_ahead = at_s.clone();
  double speed = 1, step = safe;
  for (;; ++found.steps) {
    if (found.steps % 10 == 0 || found.steps == most) {
      auto slope = slope_at(at_s);
      found.gap = (slope.dot(found.s).item<double>() - smallest(numbers(slope), cap_)) / scale;
      if (found.gap <= wanted || found.steps == most) break;
    }
    const auto slope = slope_at(at_ahead);
    const double value = value_at(at_ahead);
    torch::Tensor next, at_next, moved;
    for (step *= 1.5;; step = std::max(safe, step / 2)) {
      next = ahead.sub(slope, step);
      project(numbers(next), cap_);
      at_next = reached(next);
      moved = next - ahead;
      const double bound =
          value + slope.dot(moved).item<double>() + moved.dot(moved).item<double>() / (2 * step);
      if (step <= safe || value_at(at_next) <= bound + 1e-15 * scale) break;
    }
    // Against the slope: the run has overshot.
    const bool restart = moved.dot(next - found.s).item<double>() < 0;
    const double faster = restart ? 1 : (1 + std::sqrt(1 + 4 * speed * speed)) / 2;
    const double further = restart ? 0 : (speed - 1) / faster;
    ahead = next + (next - found.s) * further;
    at_ahead = at_next + (at_next - at_s) * further;
    speed = faster;
    found.s = next;
    at_s = at_next;
  }
  found.value = value_at(at_s);
  return found;
}

}  // namespace selection
