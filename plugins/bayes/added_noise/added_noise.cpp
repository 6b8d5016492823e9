// The noise of the published code of "Flat seeking Bayesian neural networks" (NeurIPS 2023), which
// its authors call SGLD: its deviation falls with the step and does not depend on the step size.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

class AddedNoise final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double a = 0.0190174;
    double b = 13928.7;
    double power = 0.9;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("a", &Params::a, at_least(0),
               "The noise of step t, counted from 0, has the standard deviation a / (b + t)^power.")
        .field("b", &Params::b, above(0), "See `a`.")
        .field("power", &Params::power, at_least(0), "See `a`.")
        .component("base", &Params::base, "sgd", "Optimizer that takes the step before the noise.");
  }

  explicit AddedNoise(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::expect_weights(problem, "added_noise");
    Wrapper::check(problem);
  }

  void save(assay::State& state) const override {
    Wrapper::save(state);
    state.put("step", step_);
  }
  void load(const assay::State& state) override {
    Wrapper::load(state);
    step_ = state.scalar<std::int64_t>("step");
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem&) override { return nullptr; }

  void after_step(assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    const double deviation = p_.a / std::pow(p_.b + static_cast<double>(step_++), p_.power);
    if (deviation == 0 || problem.learning_rate_factor() == 0) return;
    const auto& w = problem.parameters();
    const auto noise = assay::draw_normal(w, problem.rng().fork("added_noise"));
    for (std::size_t i = 0; i < w.size(); ++i) w[i].add_(noise[i], deviation);
  }

  Params p_;
  std::int64_t step_ = 0;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<AddedNoise>(
      "added_noise",
      "Adds Gaussian noise to the weights after each step of its base, as the published SGLD of "
      "flat-seeking Bayesian networks (Nguyen et al., NeurIPS 2023); `sgld` is the textbook's.");
}
