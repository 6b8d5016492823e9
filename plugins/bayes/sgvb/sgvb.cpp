// SGVB, Bayes by backprop: Blundell, Cornebise, Kavukcuoglu and Wierstra, "Weight uncertainty in
// neural networks", ICML 2015; flat as in Nguyen, Vuong, Phan, Do, Phung and Le, "Flat seeking
// Bayesian neural networks", NeurIPS 2023, by `sam` as the base.
#include <cmath>

#include <ATen/ops/full_like.h>
#include <ATen/ops/softplus.h>

#include "assay/registry.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

using assay::Gradient;
using assay::Tensors;

struct Params : assay::Wrapper::Params {
  double beta = 1;
  double prior_deviation = 0.1;
  double initial_deviation = 0.0067;
  std::int64_t samples = 1;
  std::string perturb = "mean";
};

// The minimization problem over (mean, rho) of the weights w ~ N(mean, softplus(rho)^2).
class Distribution final : public assay::CombinedGradient {
 public:
  Distribution(assay::Problem& inner, const Params& p, double N, const Tensors& rho)
      : CombinedGradient(inner, "sgvb"), p_(p), N_(N), mean_(inner.parameters()), rho_(rho) {
    parameters_ = mean_;
    parameters_.insert(parameters_.end(), rho_.begin(), rho_.end());
    names_ = inner.parameter_names();
    for (const auto& name : inner.parameter_names()) names_.push_back(name + ".rho");
    owners_.assign(parameters_.size(), kShared);
    using enum assay::Role;
    roles_.assign(mean_.size(), kWeight);
    roles_.resize(parameters_.size(), p_.perturb == "mean" ? kScale : kAscendedScale);
  }

  const Tensors& parameters() const override { return parameters_; }
  const std::vector<std::string>& parameter_names() const override { return names_; }
  const std::vector<int>& owners() const override { return owners_; }
  std::vector<assay::Role> roles() const override { return roles_; }

  double loss() override {
    double sum = 0;
    for (std::int64_t k = 0; k < p_.samples; ++k) {
      const auto e = draw_noise(k);
      const assay::ScopedWeights there(mean_, make_weights(e));
      sum += inner_.loss() / static_cast<double>(p_.samples);
    }
    return sum + p_.beta / N_ * divergence();
  }

  Gradient raw_gradient() override {
    const torch::NoGradGuard no_grad;
    Gradient sum{p_.beta / N_ * divergence(), prior_gradient()};
    const double share = 1 / static_cast<double>(p_.samples);
    for (std::int64_t k = 0; k < p_.samples; ++k) {
      const auto e = draw_noise(k);
      const auto here = [&] {
        const assay::ScopedWeights there(mean_, make_weights(e));
        return inner_.raw_gradient();
      }();
      sum.loss += share * here.loss;
      for (std::size_t i = 0; i < mean_.size(); ++i) {
        sum.tensors[i].add_(here.tensors[i], share);
        // d softplus = sigmoid
        sum.tensors[mean_.size() + i].add_(here.tensors[i] * e[i] * rho_[i].sigmoid(), share);
      }
    }
    return sum;
  }

 private:
  // The same in all evaluations of a step.
  Tensors draw_noise(std::int64_t sample) const {
    return assay::draw_normal(mean_, rng().fork("sgvb").fork(static_cast<std::uint64_t>(sample)));
  }

  Tensors make_weights(const Tensors& e) const {
    const torch::NoGradGuard no_grad;
    Tensors w;
    for (std::size_t i = 0; i < e.size(); ++i) w.push_back(mean_[i] + at::softplus(rho_[i]) * e[i]);
    return w;
  }

  // KL(q || p) of the Gaussians, with the prior N(0, prior_deviation^2).
  double divergence() const {
    const torch::NoGradGuard no_grad;
    const double s = p_.prior_deviation;
    double sum = 0;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const auto sigma = at::softplus(rho_[i]).to(torch::kDouble);
      const auto squares = sigma.square() + mean_[i].to(torch::kDouble).square();
      sum += (squares / (2 * s * s) - (sigma / s).log() - 0.5).sum().item<double>();
    }
    return sum;
  }

  // Of beta / N times the divergence.
  Tensors prior_gradient() const {
    const double scale = p_.beta / N_, precision = 1 / (p_.prior_deviation * p_.prior_deviation);
    Tensors gradient;
    for (const auto& x : mean_) gradient.push_back(x.detach() * (scale * precision));
    for (const auto& rho : rho_) {
      const auto sigma = at::softplus(rho);
      gradient.push_back((sigma * precision - 1 / sigma) * rho.sigmoid() * scale);
    }
    return gradient;
  }

  const Params& p_;
  double N_;
  const Tensors& mean_;
  const Tensors& rho_;
  Tensors parameters_;
  std::vector<std::string> names_;
  std::vector<int> owners_;
  std::vector<assay::Role> roles_;
};

class Sgvb final : public assay::Wrapper, public assay::PosteriorHolder {
 public:
  using Params = ::Params;

  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Strings artifacts() { return {assay::kPosterior}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("beta", &Params::beta, at_least(0),
               "Weight of the divergence KL(q || p), which is divided by N, the number of training "
               "samples; 1: the evidence lower bound.")
        .field("prior_deviation", &Params::prior_deviation, above(0),
               "Standard deviation of the prior N(0, s^2) of each weight.")
        .field("initial_deviation", &Params::initial_deviation, above(0),
               "Standard deviation of each weight at the start; the mean starts as the model does.")
        .field("samples", &Params::samples, at_least(1), "Draws of the weights per gradient.")
        .field("perturb", &Params::perturb, one_of({"mean", "mean_and_scale"}),
               "What an ascent of the base, such as SAM's, perturbs.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step in means and scales; without weight decay, "
                   "which would draw rho to 0, a deviation of 0.69.");
  }

  Sgvb(Params params, const assay::Info& info)
      : Wrapper(params), p_(std::move(params)), N_(assay::count_training_samples(info)) {}

  void check(assay::Problem& problem) override {
    if (!problem.roles().empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the model has distributions of its own, whose parameters would get "
                         "distributions too: use another optimizer, or another model");
    Wrapper::check(problem);
  }

  assay::Posterior posterior(const assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    assay::Posterior left{.names = problem.parameter_names(),
                          .mean = assay::clone(problem.parameters())};
    for (const auto& rho : rho_) left.variance.push_back(at::softplus(rho).square());
    return left;
  }

  void save(assay::State& state) const override {
    Wrapper::save(state);
    state.put_list("rho", rho_);
  }
  void load(const assay::State& state) override {
    Wrapper::load(state);
    rho_ = assay::clone(state.list("rho"));
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (rho_.empty()) start(problem.parameters());
    return std::make_unique<Distribution>(problem, p_, N_, rho_);
  }

  void start(const Tensors& mean) {
    const torch::NoGradGuard no_grad;
    for (const auto& x : mean)
      rho_.push_back(at::full_like(x, std::log(std::expm1(p_.initial_deviation))));
  }

  Params p_;
  double N_;
  Tensors rho_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sgvb>("sgvb",
                     "Bayes by backprop (Blundell et al., ICML 2015): learns mean and variance of "
                     "each weight by the steps of any base optimizer; with `sam` as its base, "
                     "flat-seeking (Nguyen et al., NeurIPS 2023).");
}
