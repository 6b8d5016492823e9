// Local reparametrization: Kingma, Salimans and Welling, "Variational dropout and the local
// reparameterization trick", NeurIPS 2015, eq. 6.
#include "layers.h"

#include <cmath>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/softplus.h>

#include "rank1.h"

namespace variational {
namespace {

constexpr double kTiny = 1e-16;  // the root of 0 has no slope

// Draws the outputs: of a linear layer, N(x M, x^2 S^2) has the distribution that a draw of the
// weights per sample gives. The places of a convolution's output have noise of their own, as usual,
// though drawn kernels would give them a common one.
class LocalLayer final : public Layer {
 public:
  LocalLayer(const LayerParams& params, at::IntArrayRef shape, Map map)
      : map_(map), prior_(params.prior_deviation) {
    const double rho = rho_of(params.initial_deviation);
    const auto inputs = fan_in(shape);
    weight_ = register_parameter("weight", initial_weight(shape, inputs));
    bias_ = register_parameter("bias", initial_weight({shape[0]}, inputs));
    weight_rho_ = register_parameter("weight_rho", at::full(shape, rho, torch::kFloat));
    bias_rho_ = register_parameter("bias_rho", at::full({shape[0]}, rho, torch::kFloat));
  }

  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor&) override {
    const auto mean = map_(x, weight_, bias_);
    if (!is_training()) return mean;
    const auto variance =
        map_(x.square(), deviation_of(weight_rho_).square(), deviation_of(bias_rho_).square());
    return mean + (variance.clamp_min(0) + kTiny).sqrt() * at::randn_like(mean);
  }

  torch::Tensor divergence() override {
    return variational::divergence(weight_, deviation_of(weight_rho_), 0, prior_) +
           variational::divergence(bias_, deviation_of(bias_rho_), 0, prior_);
  }

 private:
  Map map_;
  double prior_;
  torch::Tensor weight_, bias_, weight_rho_, bias_rho_;
};

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight,
                     const torch::Tensor& bias) {
  return at::linear(x, weight, bias);
}

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const torch::Tensor& bias) {
  return at::conv2d(x, weight, bias, /*stride=*/1, /*padding=*/1);
}

std::shared_ptr<Layer> make_layer(const LayerParams& params, at::IntArrayRef shape, Map map) {
  if (params.layers == "rank1") return make_rank1(params, shape, map);
  return std::make_shared<LocalLayer>(params, shape, map);
}

double rho_of(double deviation) {
  return std::log(std::expm1(deviation));
}

torch::Tensor deviation_of(const torch::Tensor& rho) {
  return at::softplus(rho);
}

torch::Tensor divergence(const torch::Tensor& mean, const torch::Tensor& deviation,
                         double prior_mean, double prior_deviation) {
  const auto squares = deviation.square() + (mean - prior_mean).square();
  return (squares / (2 * prior_deviation * prior_deviation) - (deviation / prior_deviation).log() -
          0.5)
      .sum();
}

torch::Tensor initial_weight(at::IntArrayRef shape, std::int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return at::empty(shape, torch::kFloat).uniform_(-bound, bound);
}

std::int64_t fan_in(at::IntArrayRef weight_shape) {
  std::int64_t product = 1;
  for (const auto size : weight_shape.slice(1)) product *= size;
  return product;
}

}  // namespace variational
