#include "selection/skmm/moments/vision.h"

#include <ATen/ops/full_like.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>

#include "selection/skmm/moments/adam.h"
#include "selection/skmm/moments/capped_simplex.h"

namespace selection {
namespace {

struct Slopes {
  torch::Tensor of_s, of_gamma;
  double value = 0;
};

Slopes slopes_at(const Moments& moments, const VisionSettings& settings, const torch::Tensor& s,
                 const torch::Tensor& gamma) {
  const auto& [each, mean] = moments;
  const auto apart = at::mv(each.t(), settings.squared ? s.square() : s) - gamma * mean;
  const double length = apart.norm().item<double>(), size = s.norm().item<double>();
  // If the moments match, their distance has no slope.
  const auto unit = length > 0 ? apart / length : at::zeros_like(apart);
  auto of_s = at::mv(each, unit);
  if (settings.squared) of_s.mul_(2 * s);
  of_s.sub_(s, settings.sparsity / (size * size * size));
  return {std::move(of_s), unit * mean * -1, length + settings.sparsity / size};
}

void project_onto_simplex(torch::Tensor& s) {
  project({s.mutable_data_ptr<double>(), static_cast<std::size_t>(s.numel())}, /*cap=*/1);
}

}  // namespace

torch::Tensor vision_moments(const Moments& moments, const VisionSettings& settings,
                             torch::Tensor s, const std::function<void(double)>& watch) {
  const bool by_logits = settings.simplex == "logits";
  auto changed = s.clone();  // s, or its logits
  auto gamma = at::full_like(moments.mean, 1 / settings.c);
  Adam adam(changed), adam_of_gamma(gamma);
  const auto weights = [&] { return by_logits ? at::softmax(changed, 0) : changed; };
  for (std::int64_t t = 1; t <= settings.steps; ++t) {
    const auto here = weights();
    auto slopes = slopes_at(moments, settings, here, gamma);
    if (watch) watch(slopes.value);
    if (by_logits) slopes.of_s = here * (slopes.of_s - here.dot(slopes.of_s));
    adam.step(changed, slopes.of_s, settings.lr, t);
    adam_of_gamma.step(gamma, slopes.of_gamma, settings.lr, t);
    if (settings.simplex == "sort") project_onto_simplex(changed);
    if (settings.simplex == "softmax") changed = at::softmax(changed, 0);
    gamma.clamp_min_(1 / settings.c);
  }
  return weights();
}

}  // namespace selection
