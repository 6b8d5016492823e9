// GSAM: Zhuang, Gong, Yuan, Cui, Adam, Dvornek, Tatikonda, Duncan and Liu, "Surrogate Gap
// Minimization Improves Sharpness-Aware Training", ICLR 2022.
#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

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

class Gsam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.05;
    double rho_min = 0;
    double alpha = 0.4;
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Parts", "Split"}; }
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
               "gradient at the perturbed weights; 0: same as `sam`.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the resulting gradient.");
  }

  explicit Gsam(Params params) : Wrapper(params), p_(std::move(params)) {
    if (p_.rho_min > p_.rho)
      throw assay::Error(
          assay::ErrorKind::kParameter,
          "`rho_min`, the smallest radius, must not exceed `rho`, the largest radius");
  }

  // The radius of a step may be 0, but not that of all.
  void check(assay::Problem& problem) override {
    if (p_.rho == 0) return base().check(problem);
    assay::expect_all_ascended(problem, "gsam");
    SurrogateGap view(problem, p_.rho, p_.alpha);
    base().check(view);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    const double rho = p_.rho_min + (p_.rho - p_.rho_min) * problem.learning_rate_factor();
    if (rho == 0) return nullptr;
    return std::make_unique<SurrogateGap>(problem, rho, p_.alpha);
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Gsam>("gsam",
                     "Surrogate gap guided sharpness-aware minimization (Zhuang et al., ICLR "
                     "2022), with a radius that follows the learning rate.");
}
