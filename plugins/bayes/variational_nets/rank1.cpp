// Dusenberry, Jerfel, Wen, Ma, Snoek, Heller, Lakshminarayanan and Tran, "Efficient and scalable
// Bayesian neural nets with rank-1 factors", ICML 2020.
#include "rank1.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>

namespace variational {
namespace {

// The weights are W o (r s^T), with a shared W and factors r and s of K components, which are
// Gaussian with the prior N(1, prior^2). Each sample draws the factors of its component.
class Rank1Layer final : public Layer {
 public:
  Rank1Layer(const LayerParams& params, at::IntArrayRef shape, Map map)
      : map_(map), prior_(params.prior_deviation), components_(params.components) {
    const double rho = rho_of(params.initial_deviation);
    const auto inputs = fan_in(shape);
    weight_ = register_parameter("weight", initial_weight(shape, inputs));
    bias_ = register_parameter("bias", initial_weight({shape[0]}, inputs));
    const auto factor = [&](const std::string& name, std::int64_t size) {
      auto start = at::empty({components_, size}, torch::kFloat).normal_(1, prior_);
      return Factor{
          register_parameter(name, std::move(start)),
          register_parameter(name + "_rho", at::full({components_, size}, rho, torch::kFloat))};
    };
    r_ = factor("r", shape[0]);
    s_ = factor("s", shape[1]);
  }

  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& component) override {
    if (!is_training())
      return scaled(map_(scaled(x, s_.mean.mean(0, true)), weight_, {}), r_.mean.mean(0, true),
                    bias_);
    const auto s = draw(s_, component), r = draw(r_, component);
    return scaled(map_(scaled(x, s), weight_, {}), r, bias_);
  }

  // The mean over the components, each of which explains its share of the samples.
  torch::Tensor divergence() override {
    return (variational::divergence(r_.mean, deviation_of(r_.rho), 1, prior_) +
            variational::divergence(s_.mean, deviation_of(s_.rho), 1, prior_)) /
           static_cast<double>(components_);
  }

 private:
  struct Factor {
    torch::Tensor mean, rho;  // [K, size]
  };

  static torch::Tensor draw(const Factor& factor, const torch::Tensor& component) {
    const auto mean = factor.mean.index_select(0, component);
    return mean + deviation_of(factor.rho).index_select(0, component) *
                      at::randn(mean.sizes(), mean.options());
  }

  // Channel c of each sample times factor[., c], plus bias[c].
  static torch::Tensor scaled(const torch::Tensor& x, const torch::Tensor& factor,
                              const torch::Tensor& bias = {}) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = x.size(1);
    auto own = shape;
    own[0] = factor.size(0);
    const auto y = x * factor.view(own);
    return bias.defined() ? y + bias.view(shape) : y;
  }

  Map map_;
  double prior_;
  std::int64_t components_;
  torch::Tensor weight_, bias_;
  Factor r_, s_;
};

}  // namespace

std::shared_ptr<Layer> make_rank1(const LayerParams& params, at::IntArrayRef shape, Map map) {
  return std::make_shared<Rank1Layer>(params, shape, map);
}

}  // namespace variational
