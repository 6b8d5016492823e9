// SAM, Algorithm 1 with p = 2 of Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware
// Minimization for Efficiently Improving Generalization", ICLR 2021.
#include <cmath>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>

#include "assay/registry.h"

namespace {

// Uphill weights for a while: the originals are put aside, not copied back, because (w + e) - e is
// not w in floating point; also when the objective throws.
class Ascent {
 public:
  Ascent(const assay::Tensors& weights, const assay::Tensors& direction, double scale)
      : weights_(weights) {
    for (const auto& w : weights_) start_.push_back(w.detach());
    auto uphill = at::_foreach_add(weights_, direction, scale);
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].set_data(uphill[i]);
  }
  ~Ascent() {
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].set_data(start_[i]);
  }
  Ascent(const Ascent&) = delete;

 private:
  assay::Tensors weights_, start_;
};

// The problem whose gradient is taken at w + e, with e = rho g / |g|.
class Uphill final : public assay::ProblemView {
 public:
  Uphill(assay::Problem& inner, double rho) : ProblemView(inner), rho_(rho) {}

  assay::Gradient gradient() override {
    auto here = inner_.gradient();
    if (rho_ == 0) return here;
    const torch::NoGradGuard no_grad;
    const double norm = at::stack(at::_foreach_norm(here.of, 2)).norm().item<double>();
    const Ascent ascent(parameters(), here.of, rho_ / (norm + kTiny));
    here.of.clear();  // its memory is warm: the next gradient is to lie there
    auto uphill = inner_.gradient();
    return {here.loss, std::move(uphill.of)};
  }

 private:
  static constexpr double kTiny = 1e-12;  // a zero gradient has no direction
  double rho_;
};

class Sam final : public assay::Optimizer {
 public:
  struct Params {
    double rho = 0.05;
    std::shared_ptr<assay::Optimizer> base;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("rho", &Params::rho, assay::at_least(0),
               "L2 radius of the ascent step, in weight units; 0 is the base optimizer.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that descends with the uphill gradient.");
  }

  explicit Sam(Params params) : p_(std::move(params)) {}

  double step(assay::Problem& problem) override {
    Uphill uphill(problem, p_.rho);
    return p_.base->step(uphill);
  }

  void save(assay::State& state) const override {
    assay::State base;
    p_.base->save(base);
    state.put_nested("base", base);
  }
  void load(const assay::State& state) override { p_.base->load(state.nested("base")); }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sam>(
      "sam", "Sharpness-aware minimization (Foret et al., ICLR 2021), around any optimizer.");
}
