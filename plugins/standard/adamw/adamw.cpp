// AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; AMSGrad:
// Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018.
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/problem_view.h"

namespace {

class AdamW final : public assay::Optimizer {
 public:
  struct Params {
    double lr = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0.01;
    bool amsgrad = false;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("lr", &Params::lr, above(0), "Learning rate.")
        .field("beta1", &Params::beta1, below(0, 1),
               "Decay rate per step of the moving average of the gradient.")
        .field("beta2", &Params::beta2, below(0, 1),
               "Decay rate per step of the moving average of the squared gradient.")
        .field("eps", &Params::eps, above(0),
               "Added to the denominator, the root of the averaged squared gradient.")
        .field("weight_decay", &Params::weight_decay, at_least(0),
               "Decoupled weight decay: each step subtracts lr times this times the weights.")
        .field("amsgrad", &Params::amsgrad, any(),
               "Uses the largest averaged squared gradient so far (AMSGrad).");
  }

  explicit AdamW(Params params) : p_(params) {}

  void check(assay::Problem& problem) override {
    assay::check_decay(problem, p_.weight_decay, "adamw");
  }

  double step(assay::Problem& problem) override {
    auto gradient = problem.gradient();
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    if (mean_.empty()) start(w);
    for (auto& count : count_) count.add_(1);
    at::_fused_adamw_(w, gradient.tensors, mean_, square_, largest_, count_,
                      p_.lr * problem.learning_rate_factor(), p_.beta1, p_.beta2, p_.weight_decay,
                      p_.eps, p_.amsgrad, false);
    return gradient.loss;
  }

  void save(assay::State& state) const override {
    state.put_list("mean", mean_);
    state.put_list("square", square_);
    state.put_list("largest", largest_);
    state.put_list("count", count_);
  }
  void load(const assay::State& state) override {
    mean_ = state.list("mean");
    square_ = state.list("square");
    largest_ = state.list("largest");
    count_ = state.list("count");
  }

 private:
  void start(const assay::Tensors& w) {
    for (const auto& x : w) {
      mean_.push_back(at::zeros_like(x));
      square_.push_back(at::zeros_like(x));
      if (p_.amsgrad) largest_.push_back(at::zeros_like(x));
      count_.push_back(at::zeros({}, x.options().dtype(torch::kFloat)));
    }
  }

  Params p_;
  assay::Tensors mean_, square_, largest_, count_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<AdamW>("adamw",
                      "Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).");
}
