// bSAM: Moellenhoff and Khan, "SAM as an Optimal Relaxation of Bayes", ICLR 2023: weights w are the
// mean of a Gaussian with the precision N s, and s sets noise, ascent and step size.
#include <cmath>

#include <ATen/ops/_foreach_abs.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_reciprocal.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"

namespace {

using assay::Gradient;
using assay::Tensors;

class Bsam final : public assay::Optimizer, public assay::PosteriorHolder {
 public:
  struct Params {
    double lr = 0.5;
    double rho = 0.01;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double weight_decay = 2e-4;
    double damping = 0.1;
    double s_init = 1;
    double noise = 1;
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings artifacts() { return {assay::kPosterior}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("lr", &Params::lr, assay::above(0), "Learning rate; a step is lr times m / s.")
        .field("rho", &Params::rho, assay::at_least(0),
               "The ascent step is rho times the gradient, divided by s.")
        .field("beta1", &Params::beta1, assay::below(0, 1),
               "Decay rate per step of the moving average m of the gradient.")
        .field("beta2", &Params::beta2, assay::below(0, 1),
               "Decay rate per step of the moving average s of the scaled precision.")
        .field("weight_decay", &Params::weight_decay, assay::at_least(0),
               "Weight decay: this times the weights is added to the gradient; it is the precision "
               "of the prior divided by N, the number of training samples.")
        .field("damping", &Params::damping, assay::at_least(0),
               "Damping that is added to the quantity averaged in s.")
        .field("s_init", &Params::s_init, assay::above(0), "Initial value of s.")
        .field("noise", &Params::noise, assay::at_least(0),
               "Weights are sampled with this multiple of the posterior's standard deviation 1 / "
               "sqrt(N s); 0: no sampling.");
  }

  Bsam(Params params, const assay::Info& info)
      : p_(params), N_(assay::count_training_samples(info)) {
    if (p_.damping + p_.weight_decay == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`damping` and `weight_decay` are both 0: the precision of a weight "
                         "without a gradient would fall to 0, so one of the two must be above 0");
  }

  void check(assay::Problem& problem) override { assay::expect_weights(problem, "bsam"); }

  double step(assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    if (s_.empty()) start(w);
    auto drawn = at_a_draw(problem);  // the paper's g with a tilde
    const double loss = p_.noise > 0 ? problem.loss() : drawn.loss;
    auto gs = uphill(problem, drawn.tensors);
    at::_foreach_add_(gs.tensors, w, p_.weight_decay);
    at::_foreach_lerp_(m_, gs.tensors, 1 - p_.beta1);
    at::_foreach_addcdiv_(w, m_, s_, -p_.lr * problem.learning_rate_factor());
    at::_foreach_abs_(drawn.tensors);
    at::_foreach_mul_(drawn.tensors, at::_foreach_sqrt(s_));
    at::_foreach_add_(drawn.tensors, p_.damping + p_.weight_decay);
    at::_foreach_lerp_(s_, drawn.tensors, 1 - p_.beta2);
    return loss;
  }

  assay::Posterior posterior(const assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    auto precision = at::_foreach_mul(s_, N_);
    return {.names = problem.parameter_names(),
            .mean = assay::clone(problem.parameters()),
            .variance = at::_foreach_reciprocal(precision),
            .scale = p_.noise > 0 ? p_.noise * p_.noise : 1};
  }

  void save(assay::State& state) const override {
    state.put_list("m", m_);
    state.put_list("s", s_);
  }
  void load(const assay::State& state) override {
    m_ = state.list("m");
    s_ = state.list("s");
  }

 private:
  void start(const Tensors& w) {
    for (const auto& x : w) {
      m_.push_back(at::zeros_like(x));
      s_.push_back(at::full_like(x, p_.s_init));
    }
  }

  Gradient at_a_draw(assay::Problem& problem) const {
    if (p_.noise == 0) return problem.raw_gradient();
    const auto& w = problem.parameters();
    auto normal = assay::draw_normal(w, problem.rng().fork("bsam"));
    at::_foreach_div_(normal, at::_foreach_sqrt(s_));
    const double scale = p_.noise / std::sqrt(N_);
    const assay::ScopedWeights there(w, assay::add_scaled(w, std::move(normal), scale));
    return problem.raw_gradient();
  }

  // AscentProblem of the mean w, not of the weights that were drawn.
  Gradient uphill(assay::Problem& problem, const Tensors& drawn) const {
    const auto& w = problem.parameters();
    const assay::ScopedWeights there(w, assay::add_scaled(w, at::_foreach_div(drawn, s_), p_.rho));
    return problem.gradient();
  }

  Params p_;
  double N_;
  Tensors m_, s_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Bsam>("bsam",
                     "Bayesian SAM (Moellenhoff and Khan, ICLR 2023): an Adam-like extension of "
                     "SAM that learns a variance for each weight.");
}
