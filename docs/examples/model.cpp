// Example of a model: one hidden layer, with a linear output layer that other methods can read.
#include <ATen/ops/relu.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"

namespace {

class TwoLayer final : public assay::Model, public assay::LinearHead {
 public:
  struct Params {
    std::int64_t width = 64;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("width", &Params::width, assay::at_least(1),
                                         "Number of hidden units.");
  }

  TwoLayer(const Params& params, const assay::Info& info) {
    std::int64_t inputs = 1;
    for (const auto size : info.input_shape) inputs *= size;
    const auto outputs = info.classes > 0 ? info.classes : info.targets;
    hidden_ = register_module("hidden", torch::nn::Linear(inputs, params.width));
    output_ = register_module("output", torch::nn::Linear(params.width, outputs));
  }

  assay::Output forward(const assay::Batch& batch) override {
    const auto features = at::relu(hidden_->forward(batch.input.flatten(1)));
    return {output_->forward(features), features};
  }

  Head head() override { return {output_->weight, output_->bias}; }

 private:
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<TwoLayer>("two_layer", "Network with one hidden layer of rectified linear units.");
}
