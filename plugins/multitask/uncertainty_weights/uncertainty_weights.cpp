// Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene
// Geometry and Semantics", CVPR 2018: each term's log variance is learned with the weights.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

struct Params : assay::Wrapper::Params {
  double lr = 0.01;
  double s0 = -0.5;
};

class UncertaintyWeights final : public assay::Wrapper {
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

  explicit UncertaintyWeights(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_terms(problem, "uncertainty_weights");
    Wrapper::check(problem);
  }

  void save(assay::State& state) const override {
    state.scalars["s"] = s_;
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    s_ = state.scalar<assay::Reals>("s");
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    start_.clear();
    const auto& terms = problem.terms();
    if (terms.size() == 1) return nullptr;
    if (s_.empty()) s_.assign(terms.size(), p_.s0);
    return std::make_unique<assay::WeightedTerms>(
        problem, "uncertainty_weights", [this, &terms](const std::vector<double>& losses) {
          if (start_.empty()) start_ = not_negative(losses, terms);
          return weights();
        });
  }

  // The loss sum_i l_i / (2 e^s_i) + s_i / 2 descends in s from where the step starts.
  void after_step(assay::Problem& problem) override {
    const double lr = p_.lr * problem.learning_rate_factor();
    const auto weight = weights();
    for (std::size_t i = 0; i < start_.size(); ++i)
      if (start_[i] != 0)  // otherwise the batch lacks the term, which says nothing of its variance
        s_[i] -= lr * (0.5 - start_[i] * weight[i]);
  }

  std::vector<double> weights() const {
    std::vector<double> all;
    for (const double s : s_) all.push_back(std::exp(-s) / 2);
    return all;
  }

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
  std::vector<double> start_;  // losses where the step starts
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<UncertaintyWeights>("uncertainty_weights",
                                   "Uncertainty weighting (Kendall et al., CVPR 2018): learns a "
                                   "variance for each term of the objective.");
}
