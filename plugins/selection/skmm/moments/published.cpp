#include "selection/skmm/moments/published.h"

#include <limits>

#include <ATen/ops/mv.h>

#include "assay/error.h"
#include "selection/skmm/moments/adam.h"

namespace selection {

torch::Tensor published_moments(const Moments& moments, std::int64_t n, double c, double lr,
                                std::int64_t steps, torch::Tensor s, torch::Tensor gamma,
                                const std::function<void(double)>& watch) {
  const auto& [each, mean] = moments;
  s = s.clone();
  gamma = gamma.clone();
  Adam of_s(s), of_gamma(gamma);
  auto best = s.clone();
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t t = 1; t <= steps; ++t) {
    const auto apart = at::mv(each.t(), s) - gamma * mean;
    const double value = apart.square().sum().item<double>();
    if (watch) watch(value);
    of_s.step(s, at::mv(each, apart).mul_(2), lr, t);
    of_gamma.step(gamma, apart * mean * -2, lr, t);
    s.clamp_(0, 1 / static_cast<double>(n));
    const double sum = s.sum().item<double>();
    if (sum == 0)
      throw assay::Error(assay::ErrorKind::kNumeric,
                         "with `recipe: published` every weight has become zero; a smaller `lr`, "
                         "below 1 / n, may help");
    s.div_(sum);
    gamma.clamp_min_(1 / c);
    if (value < least) {
      least = value;
      best = s.clone();
    }
  }
  return best;
}

}  // namespace selection
