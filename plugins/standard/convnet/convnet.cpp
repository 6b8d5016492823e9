// A small convolutional network: two convolutions with pooling, two linear layers; the shape of
// LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
// Proc. IEEE 1998, with rectifiers and maximum pooling.
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"

namespace {

class ConvNet final : public assay::Model, public assay::LinearHead {
 public:
  struct Params {
    std::int64_t width = 32;
    double dropout = 0;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("width", &Params::width, assay::between(1, 4096),
               "Output channels of the first convolution; the second has twice as many.")
        .field("dropout", &Params::dropout, assay::below(0, 1),
               "Dropout probability of the hidden units during training.");
  }

  ConvNet(Params params, const assay::Info& info) {
    if (info.input_shape.size() != 3 || info.input_shape[1] < 4 || info.input_shape[2] < 4)
      throw assay::Error(assay::ErrorKind::kShape,
                         "convnet needs images [channels, height, width] of at least 4 x 4 pixels");
    const auto w = params.width,
               flat = 2 * w * (info.input_shape[1] / 4) * (info.input_shape[2] / 4);
    first_ = convolution("first", info.input_shape[0], w);
    second_ = convolution("second", w, 2 * w);
    hidden_ = register_module("hidden", torch::nn::Linear(flat, 128));
    if (params.dropout > 0)
      dropout_ = register_module("dropout", torch::nn::Dropout(params.dropout));
    output_ = register_module(
        "output", torch::nn::Linear(128, info.classes > 0 ? info.classes : info.targets));
  }

  assay::Output forward(const assay::Batch& batch) override {
    auto x = at::max_pool2d(at::relu(first_->forward(batch.input)), 2);
    x = at::max_pool2d(at::relu(second_->forward(x)), 2);
    x = at::relu(hidden_->forward(x.flatten(1)));
    if (!dropout_.is_empty()) x = dropout_->forward(x);
    return {output_->forward(x), x};
  }

  Head head() override { return {output_->weight, output_->bias}; }

 private:
  torch::nn::Conv2d convolution(const char* name, std::int64_t from, std::int64_t to) {
    return register_module(name,
                           torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 3).padding(1)));
  }

  torch::nn::Conv2d first_{nullptr}, second_{nullptr};
  torch::nn::Linear hidden_{nullptr}, output_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ConvNet>(
      "convnet",
      "Small convolutional network: two 3 x 3 convolutions with pooling and one hidden "
      "layer of 128 units.");
}
