// Samplers of the posterior exp(-N loss(w) - |w|^2 / (2 s^2)), by noisy gradients.
// SGLD: Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics", ICML 2011.
// SGHMC: Chen, Fox and Guestrin, "Stochastic gradient Hamiltonian Monte Carlo", ICML 2014, eq. 15
// with an estimate of 0 for the noise of the gradient.
#include <cmath>

#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"

namespace {

using assay::Tensors;

struct Target {
  double lr = 1e-6;
  double prior_deviation = 0.1;
  double temperature = 1;
};

template <class Params>
assay::Schema<Params> target_schema(const std::string& lr) {
  using namespace assay;
  return Schema<Params>()
      .field("lr", &Params::lr, above(0), lr)
      .field("prior_deviation", &Params::prior_deviation, above(0),
             "Standard deviation s of the prior N(0, s^2) of each weight; do not add weight decay.")
      .field("temperature", &Params::temperature, at_least(0),
             "Factor of the variance of the noise: 1 samples the posterior, below 1 a colder one; "
             "0: no noise.");
}

class Langevin : public assay::Optimizer {
 public:
  void check(assay::Problem& problem) override { assay::expect_weights(problem, name_); }

 protected:
  Langevin(std::string name, const Target& p, const assay::Info& info)
      : target_(p), name_(std::move(name)), N_(assay::count_training_samples(info)) {}

  // The gradient of N loss(w) + |w|^2 / (2 s^2), in place of that of the loss.
  void add_prior(const Tensors& w, Tensors& gradient) const {
    const double precision = 1 / (target_.prior_deviation * target_.prior_deviation);
    for (std::size_t i = 0; i < w.size(); ++i) gradient[i].mul_(N_).add_(w[i], precision);
  }

  // Adds Gaussian noise of this standard deviation; 0: none is drawn.
  static void add_noise(const assay::Problem& problem, const Tensors& to, double deviation) {
    if (deviation == 0) return;
    const auto noise = assay::draw_normal(to, problem.rng().fork("langevin"));
    for (std::size_t i = 0; i < to.size(); ++i) to[i].add_(noise[i], deviation);
  }

  Target target_;

 private:
  std::string name_;
  double N_;
};

class Sgld final : public Langevin {
 public:
  using Params = Target;
  static assay::Schema<Params> schema() {
    return target_schema<Params>(
        "Step size e: w <- w - e/2 gradient + sqrt(e) noise, with the gradient of N times the mean "
        "loss and of the prior; so e is about 2 / N times a learning rate of SGD.");
  }

  Sgld(const Params& p, const assay::Info& info) : Langevin("sgld", p, info) {}

  double step(assay::Problem& problem) override {
    auto gradient = problem.gradient();
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    add_prior(w, gradient.tensors);
    const double e = target_.lr * problem.learning_rate_factor();
    for (std::size_t i = 0; i < w.size(); ++i) w[i].add_(gradient.tensors[i], -e / 2);
    add_noise(problem, w, std::sqrt(e * target_.temperature));
    return gradient.loss;
  }
};

class Sghmc final : public Langevin {
 public:
  struct Params : Target {
    double friction = 0.1;
  };
  static assay::Schema<Params> schema() {
    return target_schema<Params>(
               "Step size e: v <- (1 - friction) v - e gradient + sqrt(2 friction e) noise, w <- w "
               "+ v; so e is about 1 / N times a learning rate of SGD with momentum.")
        .field("friction", &Params::friction, assay::between(0, 1),
               "Friction: 1 minus the momentum; above 0.");
  }

  Sghmc(const Params& p, const assay::Info& info) : Langevin("sghmc", p, info), p_(p) {
    if (p_.friction == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`friction` is 0, with which the noise of the gradients adds up without "
                         "end: use a value above 0");
  }

  double step(assay::Problem& problem) override {
    auto gradient = problem.gradient();
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    add_prior(w, gradient.tensors);
    const double e = target_.lr * problem.learning_rate_factor();
    if (velocity_.empty())
      for (const auto& x : w) velocity_.push_back(at::zeros_like(x));
    for (std::size_t i = 0; i < w.size(); ++i)
      velocity_[i].mul_(1 - p_.friction).add_(gradient.tensors[i], -e);
    add_noise(problem, velocity_, std::sqrt(2 * p_.friction * e * target_.temperature));
    for (std::size_t i = 0; i < w.size(); ++i) w[i].add_(velocity_[i]);
    return gradient.loss;
  }

  void save(assay::State& state) const override { state.put_list("velocity", velocity_); }
  void load(const assay::State& state) override {
    velocity_ = assay::clone(state.list("velocity"));
  }

 private:
  Params p_;
  Tensors velocity_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sgld>("sgld",
                     "Stochastic gradient Langevin dynamics (Welling and Teh, ICML 2011): samples "
                     "the posterior of the weights.");
  registry.add<Sghmc>("sghmc",
                      "Stochastic gradient Hamiltonian Monte Carlo (Chen et al., ICML 2014): "
                      "samples the posterior of the weights, with momentum.");
}
