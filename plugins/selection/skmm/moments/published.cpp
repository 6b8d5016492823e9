#include "selection/skmm/moments/published.h"

#include <cmath>
#include <limits>

#include <ATen/ops/mv.h>
#include <ATen/ops/zeros_like.h>

#include "assay/error.h"

namespace selection {
namespace {

class Adam {
 public:
  explicit Adam(const torch::Tensor& x) : m_(at::zeros_like(x)), v_(at::zeros_like(x)) {}

  void step(torch::Tensor& x, const torch::Tensor& g, double lr, std::int64_t t) {
    m_.mul_(0.9).add_(g, 0.1);
    v_.mul_(0.999).addcmul_(g, g, 0.001);
    const double first = 1 - std::pow(0.9, t), second = 1 - std::pow(0.999, t);
    x.addcdiv_(m_, (v_ / second).sqrt_().add_(1e-8), -lr / first);
  }

 private:
  torch::Tensor m_, v_;
};

}  // namespace

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
