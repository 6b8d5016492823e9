// Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene
// Geometry and Semantics", CVPR 2018: each term's log variance is learned with the weights.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

struct Params : assay::Rule::Params {
  double lr = 0.01;
  double s0 = -0.5;
};

class UncertaintyWeights final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("lr", &Params::lr, at_least(0),
                   "Learning rate of the log variances s, for plain gradient descent; the "
                   "schedule's factor multiplies it.")
            .field("s0", &Params::s0, between(-20, 20), "Initial value of each log variance s."),
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit UncertaintyWeights(Params params)
      : Rule(params, "uncertainty_weights"), p_(std::move(params)) {}

  void save(assay::State& state) const override {
    state.put("s", s_);
    Rule::save(state);
  }
  void load(const assay::State& state) override {
    s_ = state.scalar<assay::Reals>("s");
    Rule::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    start_.clear();
    const auto& names = parts(problem);
    if (s_.empty()) s_.assign(names.size(), p_.s0);
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "uncertainty_weights",
        [this, &names](const std::vector<assay::Part>& present) {
          if (start_.empty())
            start_ = not_negative(assay::all_losses(present, names.size()), names);
          return assay::of_parts(weights(), present);
        });
  }

  // The loss sum_i l_i / (2 e^s_i) + s_i / 2 descends in s from where the step starts.
  void after_step(assay::Problem& problem) override {
    const double lr = p_.lr * problem.learning_rate_factor();
    const auto weight = weights();
    for (std::size_t i = 0; i < start_.size(); ++i)
      if (start_[i] != 0)  // otherwise the batch lacks the part, which says nothing of its variance
        s_[i] -= lr * (0.5 - start_[i] * weight[i]);
  }

  std::vector<double> weights() const {
    std::vector<double> all;
    for (const double s : s_) all.push_back(std::exp(-s) / 2);
    return all;
  }

  // A negative one would drive its variance to 0, and its weight to infinity.
  std::vector<double> not_negative(const std::vector<double>& losses,
                                   const assay::Strings& names) const {
    for (std::size_t i = 0; i < losses.size(); ++i)
      if (losses[i] < 0)
        throw assay::Error(assay::ErrorKind::kNumeric,
                           "`uncertainty_weights` treats each loss as a variance, which must not "
                           "be negative; the loss of " +
                               described(names[i]) + " is " + std::to_string(losses[i]));
    return losses;
  }

  Params p_;
  assay::Reals s_;
  std::vector<double> start_;  // losses where the step starts
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<UncertaintyWeights>("uncertainty_weights",
                                   "Uncertainty weighting (Kendall et al., CVPR 2018): learns a "
                                   "variance for each term of the objective.");
}
