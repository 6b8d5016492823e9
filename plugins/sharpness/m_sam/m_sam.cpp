// m-SAM: the m-sharpness of Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware Minimization for
// Efficiently Improving Generalization", ICLR 2021, as Andriushchenko and Flammarion, "Towards
// Understanding Sharpness-Aware Minimization", ICML 2022, minimize it.
#include <ATen/ops/_foreach_mul.h>

#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

constexpr double kTiny = 1e-12;  // a zero gradient has no direction

// The problem whose gradient is the mean of the parts', each taken uphill of that part alone.
class Parts final : public assay::CombinedGradient {
 public:
  Parts(assay::Problem& inner, double rho, std::int64_t m)
      : CombinedGradient(inner, "m_sam"), rho_(rho), m_(m) {}

  assay::Gradient raw_gradient() override {
    assay::Gradient mean;
    for (const auto& [part, share] : inner_.split(m_)) {
      auto gradient = uphill(*part);
      mean.loss += share * gradient.loss;
      const torch::NoGradGuard no_grad;
      if (mean.tensors.empty()) {
        at::_foreach_mul_(gradient.tensors, share);
        mean.tensors = std::move(gradient.tensors);
      } else {
        mean.tensors = assay::add_scaled(mean.tensors, std::move(gradient.tensors), share);
      }
    }
    return mean;
  }

 private:
  // The loss of the part at w, and its gradient at w + e.
  assay::Gradient uphill(assay::Problem& part) const {
    auto here = part.raw_gradient();
    const auto& w = parameters();
    const double length = assay::norm(here.tensors) + kTiny;
    const assay::ScopedWeights there(w,
                                     assay::add_scaled(w, std::move(here.tensors), rho_ / length));
    return {here.loss, part.raw_gradient().tensors};
  }

  double rho_;
  std::int64_t m_;
};

class MSam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.05;
    std::int64_t m = 8;
  };

  static assay::Strings needs() { return {"problem/Split"}; }
  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field(
            "rho", &Params::rho, assay::at_least(0),
            "L2 radius of the ascent step of each part of the batch, in weight units; 0: the base "
            "optimizer.")
        .field("m", &Params::m, assay::at_least(1),
               "Largest number of samples of the batch that share one ascent step.")
        .component(
            "base", &Params::base, "sgd",
            "Optimizer that takes the step with the mean gradient at the perturbed weights.");
  }

  explicit MSam(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    if (p_.rho != 0) assay::expect_all_ascended(problem, "m_sam");
    if (p_.rho != 0) problem.split(p_.m);  // a problem that cannot be split says so
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.rho == 0) return nullptr;
    return std::make_unique<Parts>(problem, p_.rho, p_.m);
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<MSam>("m_sam",
                     "Sharpness-aware minimization with one ascent step per m samples (Foret et "
                     "al., ICLR 2021; Andriushchenko and Flammarion, ICML 2022).");
}
