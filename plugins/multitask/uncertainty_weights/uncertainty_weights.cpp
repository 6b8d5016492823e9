// Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene
// Geometry and Semantics", CVPR 2018: each term's log variance is learned with the weights.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"

namespace {

struct Params {
  double lr = 0.01;
  double s0 = -0.5;
  std::shared_ptr<assay::Optimizer> base;
};

class UncertaintyWeights final : public assay::Optimizer {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("lr", &Params::lr, at_least(0),
               "Learning rate of the log variances s, for plain gradient descent; the schedule's "
               "factor "
               "multiplies it.")
        .field("s0", &Params::s0, between(-20, 20), "Initial value of each log variance s.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit UncertaintyWeights(Params params) : p_(std::move(params)) {}

  void check(assay::Problem& problem) const override {
    assay::check_terms(problem, "uncertainty_weights");
    assay::WeightedTerms weighted(problem, "uncertainty_weights", {});
    p_.base->check(weighted);
  }

  // The loss sum_i l_i / (2 e^s_i) + s_i / 2, both in the weights and in s, where the step starts.
  double step(assay::Problem& problem) override {
    const auto& terms = problem.terms();
    if (terms.size() == 1) return p_.base->step(problem);
    if (s_.empty()) s_.assign(terms.size(), p_.s0);
    std::vector<double> start, weights;
    for (std::size_t i = 0; i < s_.size(); ++i) weights.push_back(std::exp(-s_[i]) / 2);
    assay::WeightedTerms weighted(problem, "uncertainty_weights",
                                  [&](const std::vector<double>& losses) {
                                    if (start.empty()) start = not_negative(losses, terms);
                                    return weights;
                                  });
    const double loss = p_.base->step(weighted);
    const double lr = p_.lr * problem.learning_rate_factor();
    for (std::size_t i = 0; i < start.size(); ++i)
      if (start[i] != 0)  // otherwise the batch lacks the term, which says nothing of its variance
        s_[i] -= lr * (0.5 - start[i] * weights[i]);
    return loss;
  }

  void save(assay::State& state) const override {
    state.scalars["s"] = s_;
    state.put_nested("base", *p_.base);
  }
  void load(const assay::State& state) override {
    s_ = state.scalar<assay::Reals>("s");
    p_.base->load(state.nested("base"));
  }

 private:
  // A negative one would drive its variance to 0, and its weight to infinity.
  static std::vector<double> not_negative(const std::vector<double>& losses,
                                          const assay::Strings& terms) {
    for (std::size_t i = 0; i < losses.size(); ++i)
      if (losses[i] < 0)
        throw assay::Error(assay::ErrorKind::kNumeric,
                           "`uncertainty_weights` treats each loss as a variance, which must not "
                           "be negative; the loss of term " +
                               terms[i] + " is " + std::to_string(losses[i]));
    return losses;
  }

  Params p_;
  assay::Reals s_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<UncertaintyWeights>("uncertainty_weights",
                                   "Uncertainty weighting (Kendall et al., CVPR 2018): learns a "
                                   "variance for each term of the objective.");
}
