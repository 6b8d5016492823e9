// Net: a small network in float64 whose every layer is in reach, and batches by hand.
#pragma once

#include <ATen/ops/dropout.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

/// features = tanh(x A'), logits = features W' + b; it counts its forward passes.
class Net final : public Model, public LinearHead {
 public:
  explicit Net(std::int64_t inputs = 3, std::int64_t width = 4, std::int64_t classes = 3,
               double dropout = 0)
      : dropout_(dropout) {
    const auto rng = Rng(5);
    first = register_parameter("first",
                               at::randn({width, inputs}, rng.fork(0).generator(), torch::kDouble));
    weight = register_parameter(
        "weight", at::randn({classes, width}, rng.fork(1).generator(), torch::kDouble));
    bias =
        register_parameter("bias", at::randn({classes}, rng.fork(2).generator(), torch::kDouble));
  }
  Output forward(const Batch& batch) override {
    ++forwards;
    auto h = at::linear(batch.input.flatten(1).to(torch::kDouble), first).tanh();
    if (dropout_ > 0) h = at::dropout(h, dropout_, is_training());
    return {at::linear(h, weight, bias), h};
  }
  Head head() override { return {weight, bias}; }

  torch::Tensor first, weight, bias;
  int forwards = 0;

 private:
  double dropout_;
};

/// The output is the input.
class Same final : public Model {
 public:
  Output forward(const Batch& batch) override { return {batch.input, {}}; }
};

/// `count` samples of 3 inputs, of random classes; of groups drawn or as given.
inline Batch random_batch(std::int64_t count, std::int64_t classes, std::uint64_t seed,
                          const std::vector<std::int64_t>& groups) {
  const auto rng = Rng(seed);
  std::vector<std::int64_t> target;
  for (std::int64_t k = 0; k < count; ++k)
    target.push_back(static_cast<std::int64_t>(
        rng.fork("y").uniform(static_cast<std::uint64_t>(k)) * static_cast<double>(classes)));
  return {at::randn({count, 3}, rng.generator(), torch::kDouble),
          torch::tensor(target, torch::kInt64), torch::arange(count),
          torch::tensor(groups, torch::kInt64)};
}

inline Batch part_of(const Batch& batch, std::int64_t from, std::int64_t count) {
  return batch.map([&](const auto& part) { return part.narrow(0, from, count); });
}

inline Info two_groups(std::int64_t classes = 3) {
  return {{3}, classes, 1, {}, {"left", "right"}, {10, 10}};
}

inline torch::Tensor rows_of(const Batch& batch, std::int64_t group) {
  return (batch.group == group).nonzero().squeeze(1);
}

inline double number(const torch::Tensor& value) {
  return value.item<double>();
}

inline bool close(const torch::Tensor& a, const torch::Tensor& b, double tolerance = 1e-12) {
  return a.sizes() == b.sizes() && at::allclose(a, b, 0, tolerance);
}

}  // namespace assay::testing
