// ASAM: Kwon, Kim, Park and Choi, "ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant
// Learning of Deep Neural Networks", ICML 2021, with the L2 norm and the element-wise T.
#include <ATen/ops/_foreach_abs.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/ones_like.h>

#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

class Asam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.5;
    double eta = 0.01;
    std::string scale = "all";
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field(
            "rho", &Params::rho, assay::at_least(0),
            "L2 radius of the normalized ascent step e / T, without a unit; 0: the base optimizer.")
        .field("eta", &Params::eta, assay::at_least(0),
               "Added to |w| in T = |w| + eta, in weight units; with 0, weights that are 0 are not "
               "perturbed.")
        .field("scale", &Params::scale, assay::one_of({"all", "weights"}),
               "Parameters that T scales: all, or only those whose name contains `weight`; T is 1 "
               "for the others, such as biases.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient at the perturbed weights.");
  }

  explicit Asam(Params params) : Wrapper(params), p_(std::move(params)) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.rho == 0) return nullptr;
    return std::make_unique<assay::AscentProblem>(problem, "asam", [&](assay::Gradient here) {
      const auto t = compute_scale(problem);
      auto e = std::move(here.tensors);
      at::_foreach_mul_(e, t);
      const double length = assay::norm(e) + kTiny;
      at::_foreach_mul_(e, t);
      return assay::add_scaled(problem.parameters(), std::move(e), p_.rho / length);
    });
  }

  assay::Tensors compute_scale(const assay::Problem& problem) const {
    assay::Tensors t = at::_foreach_abs(problem.parameters());
    at::_foreach_add_(t, p_.eta);
    if (p_.scale == "all") return t;
    const auto& names = problem.parameter_names();
    for (std::size_t i = 0; i < t.size(); ++i)
      if (names[i].find("weight") == std::string::npos) t[i] = at::ones_like(t[i]);
    return t;
  }

  static constexpr double kTiny = 1e-12;  // a zero gradient has no direction

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Asam>("asam",
                     "Adaptive sharpness-aware minimization (Kwon et al., ICML 2021): the radius "
                     "is relative to the size of each weight.");
}
