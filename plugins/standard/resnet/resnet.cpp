// ResNet for small images: He, Zhang, Ren and Sun, "Deep residual learning for image recognition",
// CVPR 2016, section 4.2, with shortcuts of option A. Tensor names are those of the weights that
// are in circulation (conv1, bn1, layer1.0.conv1, ..., linear).
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/relu.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cmath>

#include "assay/registry.h"

namespace {

namespace nn = torch::nn;

struct Norms {
  std::string norm;
  std::int64_t groups;

  nn::AnyModule make(std::int64_t channels) const {
    if (norm == "batch") return nn::AnyModule(nn::BatchNorm2d(channels));
    return nn::AnyModule(nn::GroupNorm(nn::GroupNormOptions(groups, channels)));
  }
};

nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t stride) {
  auto made = nn::Conv2d(nn::Conv2dOptions(from, to, 3).stride(stride).padding(1).bias(false));
  const torch::NoGradGuard no_grad;  // He et al., "Delving deep into rectifiers", ICCV 2015
  made->weight.normal_(0, std::sqrt(2.0 / (9.0 * static_cast<double>(to))));
  return made;
}

class Block final : public nn::Module {
 public:
  Block(std::int64_t from, std::int64_t to, std::int64_t stride, const Norms& norms)
      : stride_(stride), more_(to - from), bn1_(norms.make(to)), bn2_(norms.make(to)) {
    conv1_ = register_module("conv1", convolution(from, to, stride));
    register_module("bn1", bn1_.ptr());
    conv2_ = register_module("conv2", convolution(to, to, 1));
    register_module("bn2", bn2_.ptr());
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto y = at::relu(bn1_.forward<torch::Tensor>(conv1_->forward(x)));
    y = bn2_.forward<torch::Tensor>(conv2_->forward(y));
    return at::relu(y + shortcut(x));
  }

 private:
  // Option A: every second pixel, and zeros for the new channels, half on each side.
  torch::Tensor shortcut(const torch::Tensor& x) const {
    if (stride_ == 1 && more_ == 0) return x;
    const auto thin = x.slice(2, 0, c10::nullopt, stride_).slice(3, 0, c10::nullopt, stride_);
    return at::constant_pad_nd(thin, {0, 0, 0, 0, more_ / 2, more_ - more_ / 2});
  }

  std::int64_t stride_, more_;
  nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  nn::AnyModule bn1_, bn2_;
};

class ResNet final : public assay::Model, public assay::LinearHead, public assay::Importable {
 public:
  struct Params {
    std::int64_t depth = 20;
    std::int64_t width = 16;
    std::string norm = "batch";
    std::int64_t groups = 8;
  };

  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("depth", &Params::depth, between(8, 1202),
               "Number of layers with weights: 6 n + 2, such as 20, 32 or 56.")
        .field(
            "width", &Params::width, between(1, 1024),
            "Channels of the first stage; the second has twice and the third four times as many.")
        .field("norm", &Params::norm, one_of({"batch", "group"}),
               "Normalization after each convolution.")
        .field("groups", &Params::groups, at_least(1),
               "Number of groups of group normalization; it must divide `width`.");
  }

  ResNet(const Params& p, const assay::Info& info) {
    check(p, info);
    const Norms norms{p.norm, p.groups};
    conv1_ = register_module("conv1", convolution(info.input_shape[0], p.width, 1));
    bn1_ = norms.make(p.width);
    register_module("bn1", bn1_.ptr());
    std::int64_t from = p.width;
    for (int stage = 0; stage < 3; ++stage) {
      const auto to = p.width << stage;
      nn::Sequential blocks;
      for (std::int64_t k = 0; k < (p.depth - 2) / 6; ++k) {
        blocks->push_back(std::make_shared<Block>(from, to, stage > 0 && k == 0 ? 2 : 1, norms));
        from = to;
      }
      layers_.push_back(register_module("layer" + std::to_string(stage + 1), blocks));
    }
    linear_ =
        register_module("linear", nn::Linear(from, info.classes > 0 ? info.classes : info.targets));
  }

  assay::Output forward(const assay::Batch& batch) override {
    auto x = at::relu(bn1_.forward<torch::Tensor>(conv1_->forward(batch.input)));
    for (auto& layer : layers_) x = layer->forward(x);
    x = at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
    return {linear_->forward(x), x};
  }

  Head head() override { return {linear_->weight, linear_->bias}; }

  // The last layer is `fc` there; what comes before it is called as it is here.
  std::map<std::string, std::vector<assay::WeightRule>> conventions() const override {
    return {{"torchvision", {{"fc.*", {"linear.*"}}, {"*", {"*"}}}}};
  }

 private:
  static void check(const Params& p, const assay::Info& info) {
    using assay::Error, assay::ErrorKind;
    if (info.input_shape.size() != 3)
      throw Error(ErrorKind::kShape, "resnet needs images [channels, height, width]");
    if (p.depth % 6 != 2)
      throw Error(ErrorKind::kParameter, "`depth` is " + std::to_string(p.depth) +
                                             ", expected 6 n + 2, such as 20, 32, 44 or 56");
    if (p.norm == "group" && p.width % p.groups != 0)
      throw Error(ErrorKind::kParameter, "`groups` must divide `width`");
  }

  nn::Conv2d conv1_{nullptr};
  nn::AnyModule bn1_;
  std::vector<nn::Sequential> layers_;
  nn::Linear linear_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ResNet>(
      "resnet", "Residual network with 6 n + 2 layers for small images (He et al., CVPR 2016).");
}
