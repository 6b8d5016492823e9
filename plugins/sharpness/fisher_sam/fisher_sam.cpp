// Fisher SAM: Kim, Li, Hu and Hospedales, "Fisher SAM: Information Geometry and Sharpness Aware
// Minimisation", ICML 2022, with the diagonal Fisher matrix 1 + eta g^2 of the batch's gradient.
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sqrt.h>

#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

class FisherSam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.05;
    double eta = 1;
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("rho", &Params::rho, assay::at_least(0),
               "Radius of the ascent step e in the norm sqrt(e^T F e), in weight units; 0: the "
               "base optimizer.")
        .field("eta", &Params::eta, assay::at_least(0),
               "Weight of the squared gradient in F = 1 + eta g^2; 0: same as `sam`.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient at the perturbed weights.");
  }

  explicit FisherSam(Params params) : Wrapper(params), p_(std::move(params)) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.rho == 0) return nullptr;
    return std::make_unique<assay::AscentProblem>(problem, "fisher_sam", [&](assay::Gradient here) {
      assay::Tensors root = at::_foreach_mul(here.tensors, here.tensors);  // of F
      at::_foreach_mul_(root, p_.eta);
      at::_foreach_add_(root, 1);
      at::_foreach_sqrt_(root);
      auto e = std::move(here.tensors);
      at::_foreach_div_(e, root);
      const double length = assay::norm(e) + kTiny;  // g^T F^-1 g = |F^-1/2 g|^2
      at::_foreach_div_(e, root);
      return assay::add_scaled(problem.parameters(), std::move(e), p_.rho / length);
    });
  }

  static constexpr double kTiny = 1e-12;  // a zero gradient has no direction

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<FisherSam>(
      "fisher_sam",
      "Fisher SAM (Kim et al., ICML 2022): the neighborhood of the ascent step is an "
      "ellipsoid given by the diagonal Fisher matrix.");
}
