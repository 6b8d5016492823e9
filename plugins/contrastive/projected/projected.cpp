// An encoder with the heads of contrastive learning: a projector, Chen, Kornblith, Norouzi and
// Hinton, "A simple framework for contrastive learning of visual representations", ICML 2020; and a
// predictor, Grill et al., "Bootstrap your own latent", NeurIPS 2020.
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"

namespace {

// Linear layers, with batch norm and rectifiers between them.
class HeadImpl final : public torch::nn::Module {
 public:
  struct Shape {
    std::int64_t inputs, hidden, outputs, layers;
    bool batch_norm, output_norm;
  };
  explicit HeadImpl(const Shape& shape) {
    auto size = shape.inputs;
    for (std::int64_t k = 0; k < shape.layers; ++k) {
      const bool last = k + 1 == shape.layers;
      const auto next = last ? shape.outputs : shape.hidden;
      const auto name = std::to_string(k);
      const bool normed = last ? shape.output_norm : shape.batch_norm;
      linear_.push_back(register_module(
          "linear" + name, torch::nn::Linear(torch::nn::LinearOptions(size, next).bias(!normed))));
      norm_.emplace_back(nullptr);
      if (normed)
        norm_.back() = register_module(
            "norm" + name, torch::nn::BatchNorm1d(torch::nn::BatchNormOptions(next).affine(!last)));
      size = next;
    }
  }
  torch::Tensor forward(torch::Tensor x) {
    for (std::size_t k = 0; k < linear_.size(); ++k) {
      x = linear_[k]->forward(x);
      if (!norm_[k].is_empty()) x = norm_[k]->forward(x);
      if (k + 1 < linear_.size()) x = at::relu(x);
    }
    return x;
  }

 private:
  std::vector<torch::nn::Linear> linear_;
  std::vector<torch::nn::BatchNorm1d> norm_;
};
TORCH_MODULE(Head);

class Projected final : public assay::Model, public assay::Projector {
 public:
  struct Params {
    std::shared_ptr<assay::Model> encoder;
    std::int64_t layers = 2;
    std::int64_t hidden = 128;
    std::int64_t outputs = 64;
    bool batch_norm = false;
    bool output_norm = false;
    std::int64_t predictor = 0;
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .component("encoder", &Params::encoder, "conv_encoder",
                   "Model whose features are projected; its own outputs are not used.")
        .field("layers", &Params::layers, between(1, 8), "Linear layers of the projector.")
        .field("hidden", &Params::hidden, between(1, 65536), "Hidden units of its layers.")
        .field("outputs", &Params::outputs, between(1, 65536), "d: dimensions of a projection.")
        .field("batch_norm", &Params::batch_norm, any(),
               "Batch norm after the hidden layers of the projector.")
        .field("output_norm", &Params::output_norm, any(),
               "Batch norm without scale and shift after its last layer.")
        .field("predictor", &Params::predictor, between(0, 65536),
               "Hidden units, with batch norm, of a predictor of two layers; 0: no predictor.");
  }

  Projected(Params params, const assay::Info& info)
      : encoder_(register_module("encoder", std::move(params.encoder))) {
    projector_ = register_module(
        "projector", Head(HeadImpl::Shape{count_features(info), params.hidden, params.outputs,
                                          params.layers, params.batch_norm, params.output_norm}));
    if (params.predictor > 0)
      predictor_ = register_module(
          "predictor",
          Head(HeadImpl::Shape{params.outputs, params.predictor, params.outputs, 2, true, false}));
  }

  assay::Output forward(const assay::Batch& batch) override {
    return {.features = encoder_->forward(batch).features};
  }
  torch::Tensor project(const torch::Tensor& features) override {
    return projector_->forward(features);
  }
  torch::Tensor predict(const torch::Tensor& projections) override {
    if (predictor_.is_empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`projected` has no predictor: give it one by `predictor` above 0");
    return predictor_->forward(projections);
  }

 private:
  // By a pass over zeros.
  std::int64_t count_features(const assay::Info& info) {
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(*encoder_);
    auto shape = info.input_shape;
    shape.insert(shape.begin(), 1);
    const auto features = encoder_->forward({.input = at::zeros(shape, info.input_type)}).features;
    if (!features.defined() || features.dim() != 2)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the `encoder` gives no features: use a model that does, such as "
                         "`conv_encoder`, `convnet` or `resnet`",
                         "encoder");
    return features.size(1);
  }

  std::shared_ptr<assay::Model> encoder_;
  Head projector_{nullptr}, predictor_{nullptr};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Projected>("projected",
                          "An encoder with the projector of contrastive learning, and a predictor "
                          "where the method has one (Chen et al., ICML 2020; Grill et al., NeurIPS "
                          "2020).");
}
