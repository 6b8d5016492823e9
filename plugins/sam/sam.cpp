// SAM, Algorithm 1 with p = 2 of Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware
// Minimization for Efficiently Improving Generalization", ICLR 2021.
#include <memory>
#include <optional>

#include <ATen/ops/add.h>

#include "assay/registry.h"
#include "assay/tensors.h"

namespace {

// Uphill weights for a while, in the direction's own memory: the originals are put aside, not
// copied back, because (w + e) - e is not w in floating point; also when the objective throws.
class Ascent {
 public:
  Ascent(const assay::Tensors& weights, assay::Tensors direction, double scale)
      : weights_(weights) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      start_.push_back(weights_[i].detach());
      at::add_out(direction[i], weights_[i], direction[i], scale);
      weights_[i].set_data(direction[i]);
    }
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
    if (rho_ == 0) return inner_.gradient();
    const auto [loss, ascent] = climb();
    return {loss, inner_.gradient().of};
  }
  // Terms and groups are taken at the same w + e, uphill of them all together.
  std::vector<assay::Gradient> gradient_per_term() override {
    if (rho_ == 0) return inner_.gradient_per_term();
    const auto climbed = climb();
    return inner_.gradient_per_term();
  }
  std::vector<assay::Gradient> gradient_per_group() override {
    if (rho_ == 0) return inner_.gradient_per_group();
    const auto climbed = climb();
    return inner_.gradient_per_group();
  }

  /// The loss where the step started, if it has climbed.
  std::optional<double> start() const { return start_; }

 private:
  struct Climbed {
    double loss;  // before
    std::unique_ptr<Ascent> ascent;
  };
  Climbed climb() {
    auto here = inner_.gradient();
    if (!start_) start_ = here.loss;
    const torch::NoGradGuard no_grad;
    const double scale = rho_ / (assay::norm(here.of) + kTiny);
    return {here.loss, std::make_unique<Ascent>(parameters(), std::move(here.of), scale)};
  }

  static constexpr double kTiny = 1e-12;  // a zero gradient has no direction
  double rho_;
  std::optional<double> start_;
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
    const double loss = p_.base->step(uphill);
    return uphill.start().value_or(loss);
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
