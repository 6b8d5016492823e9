// Ema: an exponential moving average of the weights, lent to the model for evaluation.
#pragma once

#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>

#include "assay/model.h"

class Ema {
 public:
  Ema(assay::Model& model, double decay) : decay_(decay), weights_(model.parameters()) {
    for (const auto& w : weights_) average_.push_back(w.detach().clone());
  }

  void update() {
    const torch::NoGradGuard no_grad;
    at::_foreach_lerp_(average_, weights_, 1 - decay_);
  }

  /// Exchanges weights and average; twice is nothing.
  void swap() {
    const torch::NoGradGuard no_grad;
    assay::Tensors kept;
    for (const auto& w : weights_) kept.push_back(w.clone());
    at::_foreach_copy_(weights_, average_);
    at::_foreach_copy_(average_, kept);
  }

  const assay::Tensors& average() const { return average_; }
  void load(const assay::Tensors& average) {
    const torch::NoGradGuard no_grad;
    if (average.size() != average_.size())
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the EMA in the checkpoint has other tensors than the model");
    at::_foreach_copy_(average_, average);
  }

 private:
  double decay_;
  assay::Tensors weights_, average_;
};
