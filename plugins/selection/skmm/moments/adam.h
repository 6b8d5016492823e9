// The Adam of the published solvers: Kingma and Ba, "Adam: a method for stochastic optimization",
// ICLR 2015, with its default decay rates.
#pragma once

#include <cmath>

#include <ATen/ops/zeros_like.h>
#include <torch/types.h>

namespace selection {

class Adam {
 public:
  explicit Adam(const torch::Tensor& x) : m_(at::zeros_like(x)), v_(at::zeros_like(x)) {}

  /// Changes `x` in place by step t, counted from 1, with its gradient `g`.
  void step(torch::Tensor& x, const torch::Tensor& g, double lr, std::int64_t t) {
    m_.mul_(0.9).add_(g, 0.1);
    v_.mul_(0.999).addcmul_(g, g, 0.001);
    const double first = 1 - std::pow(0.9, t), second = 1 - std::pow(0.999, t);
    x.addcdiv_(m_, (v_ / second).sqrt_().add_(1e-8), -lr / first);
  }

 private:
  torch::Tensor m_, v_;
};

}  // namespace selection
