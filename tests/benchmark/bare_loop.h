// The loop a researcher would write by hand on LibTorch: the yardstick of overhead.cpp.
#pragma once

#include <cmath>
#include <stdexcept>
#include <vector>

#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/nn/modules/linear.h>

namespace assay::benchmark {

/// MLP 784-128-10, cross-entropy, SGD with momentum 0.9 by ATen's fused kernel.
class BareLoop {
 public:
  BareLoop(torch::Tensor pixels, torch::Tensor labels, std::int64_t batch)
      : pixels_(std::move(pixels)), labels_(std::move(labels)), batch_(batch) {
    order_ = torch::randperm(labels_.size(0), torch::kInt64);
    for (const auto& layer : {hidden_, output_})
      for (const auto& weight : layer->parameters()) weights_.push_back(weight);
    for (const auto& weight : weights_) velocity_.push_back(at::zeros_like(weight));
  }

  void step() {
    if (at_ + batch_ > order_.size(0)) {
      order_ = torch::randperm(labels_.size(0), torch::kInt64);
      at_ = 0;
    }
    const auto rows = order_.narrow(0, at_, batch_);
    at_ += batch_;
    const auto input = pixels_.index_select(0, rows)
                           .to(torch::kFloat)
                           .mul_(1 / 255.0 / 0.353)
                           .add_(-0.286 / 0.353);
    const auto logits = output_->forward(at::relu(hidden_->forward(input.flatten(1))));
    const auto loss = at::cross_entropy_loss(logits, labels_.index_select(0, rows));
    if (!std::isfinite(loss.item<double>())) throw std::runtime_error("the bare loop diverged");
    loss.backward();
    update();
  }

 private:
  void update() {
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> gradients;
    for (auto& weight : weights_) gradients.push_back(weight.grad());
    at::_fused_sgd_(weights_, gradients, velocity_, 0, 0.9, 0.01, 0, false, false, first_);
    first_ = false;
    for (auto& weight : weights_) weight.mutable_grad().reset();
  }

  torch::Tensor pixels_, labels_, order_;
  std::int64_t batch_, at_ = 0;
  torch::nn::Linear hidden_{784, 128}, output_{128, 10};
  std::vector<torch::Tensor> weights_, velocity_;
  bool first_ = true;
};

}  // namespace assay::benchmark
