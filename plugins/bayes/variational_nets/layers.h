// Layers whose weights have Gaussian distributions: linear ones and convolutions of 3 x 3 pixels.
#pragma once

#include <memory>

#include "assay/model.h"

namespace variational {

struct LayerParams {
  std::string layers = "local_reparametrization";
  double prior_deviation = 0.1;
  double initial_deviation = 0.0067;
  std::int64_t components = 4;
};

/// A layer that draws in train mode. Its scales are parameters whose names end with `_rho`; the
/// standard deviation is softplus(rho).
class Layer : public torch::nn::Module, public assay::RandomLayer {
 public:
  /// `component` [B] int64 is that of each sample, the same in all layers; not used in eval mode.
  virtual torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& component) = 0;
  /// KL(q || p) in nats, 0-dim.
  virtual torch::Tensor divergence() = 0;
};

/// What a layer does with its weights: weight [out, in] or [out, in, 3, 3], bias [out] or
/// undefined.
using Map = torch::Tensor (*)(const torch::Tensor& x, const torch::Tensor& weight,
                              const torch::Tensor& bias);
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight,
                     const torch::Tensor& bias);
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const torch::Tensor& bias);

/// A layer of the kind that `params.layers` names, for weights of this shape.
std::shared_ptr<Layer> make_layer(const LayerParams& params, at::IntArrayRef shape, Map map);

/// rho of a standard deviation, and softplus(rho).
double rho_of(double deviation);
torch::Tensor deviation_of(const torch::Tensor& rho);

/// The sum of KL(N(mean, deviation^2) || N(prior_mean, prior_deviation^2)) over all elements.
torch::Tensor divergence(const torch::Tensor& mean, const torch::Tensor& deviation,
                         double prior_mean, double prior_deviation);

/// Uniform in +- 1 / sqrt(fan-in), as LibTorch's own layers start, from the default generator.
torch::Tensor initial_weight(at::IntArrayRef shape, std::int64_t fan_in);
std::int64_t fan_in(at::IntArrayRef weight_shape);

}  // namespace variational
