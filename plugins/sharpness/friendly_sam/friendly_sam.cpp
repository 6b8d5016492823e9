// Friendly SAM: Li, Zhou, He, Cheng and Huang, "Friendly Sharpness-Aware Minimization", CVPR 2024:
// the ascent follows the batch's gradient less its running mean, a stand-in for the full gradient.
#include "assay/registry.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/wrapper.h"

namespace {

using assay::Tensors;

class FriendlySam final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double rho = 0.05;
    double sigma = 1;
    double lambda = 0.9;
  };

  static assay::Strings needs() { return {"problem/Again"}; }
  static assay::Strings hides() { return {"Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("rho", &Params::rho, assay::at_least(0),
               "L2 radius of the ascent step, in weight units; 0: the base optimizer.")
        .field("sigma", &Params::sigma, assay::at_least(0),
               "Multiple of the mean gradient m that is subtracted from the ascent direction; 0: "
               "same as `sam`.")
        .field("lambda", &Params::lambda, assay::below(0, 1),
               "Decay rate per step of the moving average m of the gradient.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient at the perturbed weights.");
  }

  explicit FriendlySam(Params params) : Wrapper(params), p_(std::move(params)) {}

  void save(assay::State& state) const override {
    state.put_list("m", m_);
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    m_ = state.list("m");
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    next_.clear();
    if (p_.rho == 0) return nullptr;
    return std::make_unique<assay::AscentProblem>(
        problem, "friendly_sam", [&](assay::Gradient here) {
          if (next_.empty()) next_ = mean_with(here.tensors);
          auto e = m_.empty() ? std::move(here.tensors)
                              : assay::weighted_sum({&here.tensors, &m_}, {1, -p_.sigma});
          const double length = assay::norm(e) + kTiny;
          return assay::add_scaled(problem.parameters(), std::move(e), p_.rho / length);
        });
  }

  void after_step(assay::Problem&) override {
    if (!next_.empty()) m_ = std::move(next_);
  }

  static constexpr double kTiny = 1e-12;  // a zero direction

  Tensors mean_with(const Tensors& g) const {
    if (m_.empty()) return assay::weighted_sum({&g}, {1});
    return assay::weighted_sum({&m_, &g}, {p_.lambda, 1 - p_.lambda});
  }

  Params p_;
  Tensors m_;
  Tensors next_;  // m after this step: of the first gradient that the base asks for
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<FriendlySam>("friendly_sam",
                            "Friendly SAM (Li et al., CVPR 2024): ascends along the batch-specific "
                            "part of the gradient.");
}
