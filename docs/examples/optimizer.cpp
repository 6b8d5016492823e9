// Example of an optimizer with state: the heavy-ball method, Polyak, "Some methods of speeding up
// the convergence of iteration methods", USSR Comput. Math. Math. Phys. 1964.
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"

namespace {

class HeavyBall final : public assay::Optimizer {
 public:
  struct Params {
    double lr = 0.05;
    double momentum = 0.9;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("lr", &Params::lr, assay::above(0), "Step size, in weights per unit of gradient.")
        .field("momentum", &Params::momentum, assay::below(0, 1), "Momentum factor per step.");
  }
  explicit HeavyBall(const Params& params) : p_(params) {}

  double step(assay::Problem& problem) override {
    const auto gradient = problem.gradient();  // clipped, if the manifest says so
    const torch::NoGradGuard no_grad;
    const auto& weights = problem.parameters();
    if (velocity_.empty())
      for (const auto& w : weights) velocity_.push_back(at::zeros_like(w));
    const double lr = p_.lr * problem.learning_rate_factor();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      velocity_[i].mul_(p_.momentum).sub_(gradient.tensors[i], lr);
      weights[i].add_(velocity_[i]);
    }
    return gradient.loss;
  }

  void save(assay::State& state) const override { state.put_list("velocity", velocity_); }
  void load(const assay::State& state) override { velocity_ = state.list("velocity"); }

 private:
  Params p_;
  assay::Tensors velocity_;  // one tensor per parameter; empty before the first step
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<HeavyBall>("heavy_ball", "Gradient descent with momentum (Polyak, 1964).");
}
