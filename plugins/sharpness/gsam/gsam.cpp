// GSAM: Zhuang, Gong, Yuan, Cui, Adam, Dvornek, Tatikonda, Duncan and Liu, "Surrogate Gap
// Minimization Improves Sharpness-Aware Training", ICLR 2022.
#include "assay/registry.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"

namespace {

constexpr double kTiny = 1e-12;  // a zero gradient has no direction

// The problem whose gradient is SAM's, less alpha times the part of the plain one across it.
class SurrogateGap final : public assay::CombinedGradient {
 public:
  SurrogateGap(assay::Problem& inner, double rho, double alpha)
      : CombinedGradient(inner, "gsam"), rho_(rho), alpha_(alpha) {}

  assay::Gradient raw_gradient() override {
    const auto g = inner_.raw_gradient();
    const auto gs = uphill(g.tensors);
    const assay::Gram gram({&gs.tensors, &g.tensors});
    const double along = gram(0, 0) > 0 ? gram(0, 1) / gram(0, 0) : 0;
    // gs - alpha (g - along gs)
    return {g.loss, assay::weighted_sum({&gs.tensors, &g.tensors}, {1 + alpha_ * along, -alpha_})};
  }

 private:
  assay::Gradient uphill(const assay::Tensors& g) const {
    const auto& w = parameters();
    const assay::ScopedWeights there(
        w, assay::weighted_sum({&w, &g}, {1, rho_ / (assay::norm(g) + kTiny)}));
    return inner_.raw_gradient();
  }

  double rho_, alpha_;
};

class Gsam final : public assay::Optimizer {
 public:
  struct Params {
    double rho = 0.05;
    double rho_min = 0;
    double alpha = 0.4;
    std::shared_ptr<assay::Optimizer> base;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("rho", &Params::rho, assay::at_least(0),
               "L2 radius of the ascent step while the schedule's factor is 1, in weight units; 0: "
               "the base optimizer.")
        .field("rho_min", &Params::rho_min, assay::at_least(0),
               "Radius while the schedule's factor is 0, in weight units; in between it is linear "
               "in the factor.")
        .field("alpha", &Params::alpha, assay::at_least(0),
               "Weight of the ascent along the part of the gradient that is orthogonal to the "
               "gradient at "
               "the perturbed weights; 0: same as `sam`.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the resulting gradient.");
  }

  explicit Gsam(Params params) : p_(std::move(params)) {
    if (p_.rho_min > p_.rho)
      throw assay::Error(
          assay::ErrorKind::kParameter,
          "`rho_min`, the smallest radius, must not exceed `rho`, the largest radius");
  }

  void check(assay::Problem& problem) const override {
    if (p_.rho == 0) return p_.base->check(problem);
    SurrogateGap view(problem, p_.rho, p_.alpha);
    p_.base->check(view);
  }

  double step(assay::Problem& problem) override {
    const double rho = p_.rho_min + (p_.rho - p_.rho_min) * problem.learning_rate_factor();
    if (rho == 0) return p_.base->step(problem);
    SurrogateGap view(problem, rho, p_.alpha);
    return p_.base->step(view);
  }

  void save(assay::State& state) const override { state.put_nested("base", *p_.base); }
  void load(const assay::State& state) override { p_.base->load(state.nested("base")); }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Gsam>("gsam",
                     "Surrogate gap guided sharpness-aware minimization (Zhuang et al., ICLR "
                     "2022), with a radius that follows the learning rate.");
}
