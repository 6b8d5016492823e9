// SAM, Algorithm 1 with p = 2 of Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware
// Minimization for Efficiently Improving Generalization", ICLR 2021; and the ascents against which
// a study compares it.
#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/weights.h"
#include "assay/sdk/wrapper.h"

namespace {

using assay::Tensors;

class Sam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.05;
    std::string direction = "gradient";
    bool normalise = true;
    assay::Strings only = {"*"};
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field(
            "rho", &Params::rho, assay::at_least(0),
            "L2 norm of the perturbation, in weight units; at 0 the step is that of `base` alone.")
        .field("direction", &Params::direction, assay::one_of({"gradient", "descent", "random"}),
               "Direction of the perturbation: the gradient (SAM), or, for ablations, the negative "
               "gradient or a random vector.")
        .field("normalise", &Params::normalise, assay::any(),
               "Scales the direction to length 1. If false, the perturbation is rho times the "
               "unscaled direction, so rho is a factor and not a norm.")
        .field("only", &Params::only, assay::any(),
               "Patterns of the names of the parameters that are perturbed, such as `encoder.*`; "
               "`*` stands for any characters.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient at the perturbed weights.");
  }

  explicit Sam(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_patterns(p_.only, problem.parameter_names(), "only");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.rho == 0) return nullptr;
    return std::make_unique<assay::AscentProblem>(problem, "sam", [&](assay::Gradient here) {
      const double sign = p_.direction == "descent" ? -1 : 1;
      auto direction = p_.direction == "random" ? draw_direction(problem) : std::move(here.tensors);
      zero_others(problem, direction);
      const double length = p_.normalise ? assay::norm(direction) + kTiny : 1;
      return assay::add_scaled(problem.parameters(), std::move(direction), sign * p_.rho / length);
    });
  }

  static constexpr double kTiny = 1e-12;  // a zero gradient has no direction

  void zero_others(const assay::Problem& problem, Tensors& direction) const {
    const auto& names = problem.parameter_names();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!assay::matches_any(names[i], p_.only)) direction[i].zero_();
  }

  // Its length is that of what may be perturbed, as the gradient's is.
  static Tensors draw_direction(const assay::Problem& problem) {
    auto direction = assay::draw_normal(problem.parameters(), problem.rng().fork("sam"));
    assay::zero_unascended(problem, direction);
    return direction;
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sam>(
      "sam", "Sharpness-aware minimization (Foret et al., ICLR 2021) around any base optimizer.");
}
