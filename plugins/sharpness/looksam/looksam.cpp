// LookSAM: Liu, Mai, Chen, Hsieh and You, "Towards Efficient and Scalable Sharpness-Aware
// Minimization", CVPR 2022: the ascent is taken every k-th step, and its effect reused in between.
#include <cmath>

#include <ATen/ops/_foreach_add.h>

#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

using assay::Gradient;
using assay::Tensors;

struct Params : assay::Wrapper::Params {
  double rho = 0.05;
  std::int64_t k = 5;
  double alpha = 0.7;
};

// g_v: the part of the gradient at w + e that is orthogonal to the one at w.
struct Orthogonal {
  explicit Orthogonal(Tensors list = {}) : tensors(std::move(list)), length(assay::norm(tensors)) {}
  Tensors tensors;  // empty: none was found yet
  double length;
};

constexpr double kTiny = 1e-12;  // a zero gradient has no direction

// The problem whose gradient is SAM's, where there is no g_v to reuse; otherwise the plain one with
// a part along g_v.
class Look final : public assay::CombinedGradient {
 public:
  /// Leaves the next g_v in `found`, once a step: of the first ascent.
  Look(assay::Problem& inner, const Params& p, const Orthogonal& g_v, Tensors& found)
      : CombinedGradient(inner, "looksam"), p_(p), g_v_(g_v), found_(found) {}

  Gradient raw_gradient() override {
    auto g = inner_.raw_gradient();
    return g_v_.tensors.empty() ? ascent(std::move(g)) : reuse(std::move(g));
  }

 private:
  Gradient ascent(Gradient g) {
    auto gs = uphill(g.tensors);
    if (found_.empty()) {
      const assay::Gram gram({&g.tensors, &gs.tensors});
      const double along = gram(0, 0) > 0 ? gram(0, 1) / gram(0, 0) : 0;
      found_ = assay::add_scaled(gs.tensors, std::move(g.tensors), -along);
    }
    return {g.loss, std::move(gs.tensors)};
  }
  Gradient reuse(Gradient g) const {
    const double ratio = g_v_.length > 0 ? assay::norm(g.tensors) / g_v_.length : 0;
    const torch::NoGradGuard no_grad;
    at::_foreach_add_(g.tensors, g_v_.tensors, p_.alpha * ratio);
    return g;
  }
  Gradient uphill(const Tensors& g) const {
    const auto& w = parameters();
    const assay::ScopedWeights there(
        w, assay::weighted_sum({&w, &g}, {1, p_.rho / (assay::norm(g) + kTiny)}));
    return inner_.raw_gradient();
  }

  const Params& p_;
  const Orthogonal& g_v_;
  Tensors& found_;
};

class LookSam final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("rho", &Params::rho, assay::at_least(0),
               "L2 radius of the ascent step, in weight units; 0: the base optimizer.")
        .field("k", &Params::k, assay::at_least(1),
               "Number of steps from one ascent to the next; 1: same as `sam`.")
        .field("alpha", &Params::alpha, assay::at_least(0),
               "Length of the component along g_v in the steps in between, relative to the "
               "gradient norm.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the resulting gradient.");
  }

  explicit LookSam(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    if (p_.rho != 0) assay::expect_all_ascended(problem, "looksam");
    Wrapper::check(problem);
  }

  void save(assay::State& state) const override {
    state.put("count", count_);
    state.put_list("g_v", g_v_.tensors);
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    count_ = state.scalar<std::int64_t>("count");
    g_v_ = Orthogonal(state.list("g_v"));
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    found_.clear();
    if (p_.rho == 0) return nullptr;
    return std::make_unique<Look>(problem, p_, count_ % p_.k == 0 ? none_ : g_v_, found_);
  }

  void after_step(assay::Problem&) override {
    if (p_.rho == 0) return;
    if (!found_.empty()) g_v_ = Orthogonal(std::move(found_));
    ++count_;
  }

  Params p_;
  std::int64_t count_ = 0;  // steps taken
  Orthogonal g_v_;
  const Orthogonal none_;
  Tensors found_;  // the next g_v
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<LookSam>("looksam",
                        "LookSAM (Liu et al., CVPR 2022): sharpness-aware minimization that "
                        "takes the ascent step only in every k-th step.");
}
