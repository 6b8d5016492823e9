// A small encoder of images: blocks of a convolution with stride 2, batch norm and rectifier, and
// the mean over the image. Strides take the place of pooling as in Springenberg, Dosovitskiy, Brox
// and Riedmiller, "Striving for simplicity: the all convolutional net", ICLR workshops 2015.
#include <ATen/ops/relu.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"

namespace {

class ConvEncoder final : public assay::Model, public assay::LinearHead {
 public:
  struct Params {
    std::int64_t width = 32;
    std::int64_t blocks = 3;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("width", &Params::width, assay::between(1, 4096),
               "Channels of the first block; each further one has twice as many, and so many are "
               "the features.")
        .field("blocks", &Params::blocks, assay::between(1, 8),
               "Number of blocks, each of which halves the sides of the image.");
  }

  ConvEncoder(const Params& params, const assay::Info& info) {
    if (info.input_shape.size() != 3)
      throw assay::Error(assay::ErrorKind::kShape,
                         "conv_encoder needs images [channels, height, width]");
    auto channels = info.input_shape[0];
    auto side = std::min(info.input_shape[1], info.input_shape[2]);
    for (std::int64_t k = 0; k < params.blocks; ++k, side = (side + 1) / 2) {
      if (side < 2)
        throw assay::Error(assay::ErrorKind::kShape,
                           "`blocks` is " + std::to_string(params.blocks) +
                               ", too many for the size of the images: each halves their sides");
      const auto next = params.width << k;
      const auto name = std::to_string(k);
      convolution_.push_back(register_module(
          "convolution" + name,
          torch::nn::Conv2d(
              torch::nn::Conv2dOptions(channels, next, 3).stride(2).padding(1).bias(false))));
      norm_.push_back(register_module("norm" + name, torch::nn::BatchNorm2d(next)));
      channels = next;
    }
    output_ = register_module(
        "output", torch::nn::Linear(channels, info.classes > 0 ? info.classes : info.targets));
  }

  assay::Output forward(const assay::Batch& batch) override {
    auto x = batch.input;
    for (std::size_t k = 0; k < convolution_.size(); ++k)
      x = at::relu(norm_[k]->forward(convolution_[k]->forward(x)));
    x = x.mean({2, 3});
    return {output_->forward(x), x};
  }

  Head head() override { return {output_->weight, output_->bias}; }

 private:
  std::vector<torch::nn::Conv2d> convolution_;
  std::vector<torch::nn::BatchNorm2d> norm_;
  torch::nn::Linear output_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ConvEncoder>("conv_encoder",
                            "Small encoder of images: convolutions with stride 2 and batch norm, "
                            "whose features are means over the image.");
}
