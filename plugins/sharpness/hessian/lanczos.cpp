#include "lanczos.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/zeros.h>

namespace {

double inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kDouble) * b.to(torch::kDouble)).sum().item<double>();
}

constexpr double kTiny = 1e-7;  // of the largest entry of T: what is left is rounding

}  // namespace

Lanczos::Lanczos(const torch::Tensor& start)
    : basis_{start / std::sqrt(inner_product(start, start))},
      start_squared_(inner_product(start, start)) {}

void Lanczos::advance(const Product& product) {
  if (exhausted_) return;
  const auto& v = basis_.back();
  auto w = product(v);
  diagonal_.push_back(inner_product(w, v));
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& before : basis_) w.sub_(before, inner_product(w, before));
  const double length = std::sqrt(inner_product(w, w));
  double largest = 0;
  for (const double value : diagonal_) largest = std::max(largest, std::abs(value));
  for (const double value : off_diagonal_) largest = std::max(largest, value);
  exhausted_ = length <= kTiny * largest || size() == v.numel();
  if (exhausted_) return;
  off_diagonal_.push_back(length);
  basis_.push_back(w / length);
}

Lanczos::Ritz Lanczos::ritz() const {
  const auto m = size();
  auto T = at::zeros({m, m}, torch::kDouble);
  auto entries = T.accessor<double, 2>();
  for (std::int64_t i = 0; i < m; ++i) {
    entries[i][i] = diagonal_[static_cast<std::size_t>(i)];
    if (i + 1 < m)
      entries[i][i + 1] = entries[i + 1][i] = off_diagonal_[static_cast<std::size_t>(i)];
  }
  const auto [values, vectors] = at::linalg_eigh(T);
  const double next = exhausted_ ? 0 : off_diagonal_.back();
  return {values, vectors[0].square(), vectors[m - 1].abs() * next};
}

void Lanczos::save(assay::State& state) const {
  state.put_list("basis", basis_);
  state.put("diagonal", diagonal_);
  state.put("off_diagonal", off_diagonal_);
  state.put("exhausted", exhausted_);
  state.put("start_squared", start_squared_);
}

void Lanczos::load(const assay::State& state) {
  basis_ = assay::Tensors();
  for (const auto& v : state.list("basis")) basis_.push_back(v.clone());
  diagonal_ = state.scalar<assay::Reals>("diagonal");
  off_diagonal_ = state.scalar<assay::Reals>("off_diagonal");
  exhausted_ = state.scalar<bool>("exhausted");
  start_squared_ = state.scalar<double>("start_squared");
}
