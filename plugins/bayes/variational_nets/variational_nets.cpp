// The networks of `mlp` and `convnet`, of layers whose weights have distributions.
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/relu.h>

#include "assay/registry.h"
#include "layers.h"

namespace {

using variational::Layer, variational::LayerParams;

struct NetParams : LayerParams {
  std::string perturb = "mean";
};

template <class Params>
assay::Schema<Params> net_schema() {
  using namespace assay;
  return Schema<Params>()
      .field("layers", &Params::layers, one_of({"local_reparametrization", "rank1"}),
             "`local_reparametrization`: each weight is Gaussian, and outputs are drawn; `rank1`: "
             "shared weights times Gaussian factors of inputs and outputs.")
      .field("prior_deviation", &Params::prior_deviation, above(0),
             "Standard deviation of the prior: N(0, s^2) of weights, N(1, s^2) of rank-1 factors.")
      .field("initial_deviation", &Params::initial_deviation, above(0),
             "Standard deviation of each weight or factor at the start.")
      .field("components", &Params::components, at_least(1),
             "K: number of components of rank-1 factors; a sample draws one of them.")
      .field("perturb", &Params::perturb, one_of({"mean", "mean_and_scale"}),
             "What an ascent such as SAM's perturbs.");
}

class Net : public assay::Model, public assay::Variational {
 public:
  torch::Tensor divergence() override {
    torch::Tensor sum;
    for (const auto& layer : layers_)
      sum = sum.defined() ? sum + layer->divergence() : layer->divergence();
    return sum;
  }
  assay::Role role(const std::string& parameter) const override {
    using enum assay::Role;
    return !parameter.ends_with("_rho")   ? kWeight
           : perturb_ == "mean_and_scale" ? kAscendedScale
                                          : kScale;
  }

 protected:
  explicit Net(const NetParams& params) : p_(params), perturb_(params.perturb) {}

  std::shared_ptr<Layer> add_linear(const std::string& name, std::int64_t from, std::int64_t to) {
    return add(name, variational::make_layer(p_, {to, from}, variational::linear));
  }
  std::shared_ptr<Layer> add_convolution(const std::string& name, std::int64_t from,
                                         std::int64_t to) {
    return add(name, variational::make_layer(p_, {to, from, 3, 3}, variational::convolve));
  }

  // The component of each sample in this pass. Layers may draw in a network in eval mode.
  torch::Tensor draw_components(const torch::Tensor& input) const {
    if (!layers_.front()->is_training()) return {};
    return at::randint(p_.components, {input.size(0)}, input.options().dtype(torch::kInt64));
  }

  static std::int64_t outputs(const assay::Info& info) {
    return info.classes > 0 ? info.classes : info.targets;
  }

 private:
  std::shared_ptr<Layer> add(const std::string& name, std::shared_ptr<Layer> layer) {
    layers_.push_back(register_module(name, std::move(layer)));
    return layers_.back();
  }

  LayerParams p_;
  std::string perturb_;
  std::vector<std::shared_ptr<Layer>> layers_;
};

class VariationalMlp final : public Net {
 public:
  struct Params : NetParams {
    assay::Integers hidden = {128};
  };
  static assay::Schema<Params> schema() {
    return net_schema<Params>().field("hidden", &Params::hidden, assay::at_least(1),
                                      "Number of units of each hidden layer.");
  }

  VariationalMlp(const Params& params, const assay::Info& info) : Net(params) {
    std::int64_t width = 1;
    for (const auto size : info.input_shape) width *= size;
    for (std::size_t k = 0; k < params.hidden.size(); ++k) {
      hidden_.push_back(add_linear("hidden" + std::to_string(k), width, params.hidden[k]));
      width = params.hidden[k];
    }
    output_ = add_linear("output", width, outputs(info));
  }

  assay::Output forward(const assay::Batch& batch) override {
    auto x = batch.input.flatten(1);
    const auto component = draw_components(x);
    for (const auto& layer : hidden_) x = at::relu(layer->forward(x, component));
    return {output_->forward(x, component), x};
  }

 private:
  std::vector<std::shared_ptr<Layer>> hidden_;
  std::shared_ptr<Layer> output_;
};

class VariationalConvNet final : public Net {
 public:
  struct Params : NetParams {
    std::int64_t width = 32;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return net_schema<Params>().field(
        "width", &Params::width, assay::between(1, 4096),
        "Output channels of the first convolution; the second has twice as many.");
  }

  VariationalConvNet(const Params& params, const assay::Info& info) : Net(params) {
    const auto& shape = info.input_shape;
    if (shape.size() != 3 || shape[1] < 4 || shape[2] < 4)
      throw assay::Error(assay::ErrorKind::kShape,
                         "variational_convnet needs images [channels, height, width] of at least "
                         "4 x 4 pixels");
    const auto w = params.width;
    first_ = add_convolution("first", shape[0], w);
    second_ = add_convolution("second", w, 2 * w);
    hidden_ = add_linear("hidden", 2 * w * (shape[1] / 4) * (shape[2] / 4), 128);
    output_ = add_linear("output", 128, outputs(info));
  }

  assay::Output forward(const assay::Batch& batch) override {
    const auto component = draw_components(batch.input);
    auto x = at::max_pool2d(at::relu(first_->forward(batch.input, component)), 2);
    x = at::max_pool2d(at::relu(second_->forward(x, component)), 2);
    x = at::relu(hidden_->forward(x.flatten(1), component));
    return {output_->forward(x, component), x};
  }

 private:
  std::shared_ptr<Layer> first_, second_, hidden_, output_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<VariationalMlp>(
      "variational_mlp",
      "Multi-layer perceptron of local-reparametrization (Kingma et al., NeurIPS 2015) or rank-1 "
      "layers (Dusenberry et al., ICML 2020), for the objective `elbo`.");
  registry.add<VariationalConvNet>(
      "variational_convnet",
      "The network of `convnet`, of local-reparametrization (Kingma et al., NeurIPS 2015) or "
      "rank-1 "
      "layers (Dusenberry et al., ICML 2020), for the objective `elbo`.");
}
