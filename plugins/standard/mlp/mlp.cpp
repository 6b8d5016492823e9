// A multi-layer perceptron on flattened inputs.
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"

namespace {

class Mlp final : public assay::Model, public assay::LinearHead {
 public:
  struct Params {
    assay::Integers hidden = {128};
    std::string activation = "relu";
    double dropout = 0;
    bool input_norm = false;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("hidden", &Params::hidden, assay::at_least(1),
               "Number of units of each hidden layer.")
        .field("activation", &Params::activation, assay::one_of({"relu", "gelu", "tanh"}),
               "Activation function after each hidden layer.")
        .field("dropout", &Params::dropout, assay::below(0, 1),
               "Dropout probability of the hidden units during training.")
        .field("input_norm", &Params::input_norm, assay::any(),
               "Batch norm of the inputs, without scale and shift: a probe of features then does "
               "not depend on their scale.");
  }

  Mlp(Params params, const assay::Info& info) : p_(std::move(params)) {
    std::int64_t width = 1;
    for (const auto size : info.input_shape) width *= size;
    if (p_.input_norm)
      norm_ = register_module(
          "input_norm", torch::nn::BatchNorm1d(torch::nn::BatchNormOptions(width).affine(false)));
    for (std::size_t k = 0; k < p_.hidden.size(); ++k) {
      hidden_.push_back(
          register_module("hidden" + std::to_string(k), torch::nn::Linear(width, p_.hidden[k])));
      width = p_.hidden[k];
    }
    if (p_.dropout > 0) dropout_ = register_module("dropout", torch::nn::Dropout(p_.dropout));
    output_ = register_module(
        "output", torch::nn::Linear(width, info.classes > 0 ? info.classes : info.targets));
  }

  assay::Output forward(const assay::Batch& batch) override {
    auto x = batch.input.flatten(1);
    if (p_.input_norm) x = norm_->forward(x);
    for (auto& layer : hidden_) {
      x = activate(layer->forward(x));
      if (p_.dropout > 0) x = dropout_->forward(x);
    }
    return {output_->forward(x), x};
  }

  Head head() override { return {output_->weight, output_->bias}; }

 private:
  torch::Tensor activate(const torch::Tensor& x) const {
    if (p_.activation == "gelu") return at::gelu(x);
    if (p_.activation == "tanh") return at::tanh(x);
    return at::relu(x);
  }

  Params p_;
  torch::nn::BatchNorm1d norm_{nullptr};
  std::vector<torch::nn::Linear> hidden_;
  torch::nn::Dropout dropout_{nullptr};
  torch::nn::Linear output_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Mlp>("mlp", "Multi-layer perceptron on flattened inputs.");
}
