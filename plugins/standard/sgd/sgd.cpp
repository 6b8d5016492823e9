// SGD with momentum, as in Sutskever, Martens, Dahl and Hinton, "On the importance of
// initialization and momentum in deep learning", ICML 2013, with weight decay added to the
// gradient.
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/problem_view.h"

namespace {

class Sgd final : public assay::Optimizer {
 public:
  struct Params {
    double lr = 0.1;
    double momentum = 0;
    double weight_decay = 0;
    bool nesterov = false;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("lr", &Params::lr, assay::above(0), "Learning rate.")
        .field("momentum", &Params::momentum, assay::below(0, 1),
               "Momentum factor; 0: no momentum.")
        .field("weight_decay", &Params::weight_decay, assay::at_least(0),
               "Weight decay (L2 penalty): this times the weights is added to the gradient.")
        .field("nesterov", &Params::nesterov, assay::any(), "Uses Nesterov momentum.");
  }

  explicit Sgd(Params params) : p_(params) {
    if (p_.nesterov && p_.momentum == 0)
      throw assay::Error(assay::ErrorKind::kParameter, "`nesterov` needs a `momentum` above 0");
  }

  void check(assay::Problem& problem) override {
    assay::check_decay(problem, p_.weight_decay, "sgd");
  }

  double step(assay::Problem& problem) override {
    auto gradient = problem.gradient();
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    const bool first = velocity_.empty();
    if (first && p_.momentum > 0)
      for (const auto& x : w) velocity_.push_back(at::zeros_like(x));
    at::_fused_sgd_(w, gradient.tensors, velocity_, p_.weight_decay, p_.momentum,
                    p_.lr * problem.learning_rate_factor(), 0, p_.nesterov, false, first);
    return gradient.loss;
  }

  void save(assay::State& state) const override { state.put_list("velocity", velocity_); }
  void load(const assay::State& state) override { velocity_ = state.list("velocity"); }

 private:
  Params p_;
  assay::Tensors velocity_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sgd>("sgd",
                    "Stochastic gradient descent with momentum (Sutskever et al., ICML 2013).");
}
