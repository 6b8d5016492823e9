// The weighted sum of the terms, with weights that stay: what every rule that finds weights itself
// is to be compared with.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

struct Params : assay::Wrapper::Params {
  assay::Reals weights;
};

class WeightedSum final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required(
            "weights", &Params::weights, at_least(0),
            "Weight of each term, in the order of the objective; it multiplies the weight that the "
            "objective "
            "gives the term.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit WeightedSum(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_terms(problem, "weighted_sum");
    const auto& terms = problem.terms();
    if (p_.weights.size() != terms.size()) throw wrong_length(terms);
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (problem.terms().size() == 1) return nullptr;
    return std::make_unique<assay::WeightedTerms>(problem, "weighted_sum",
                                                  [this](const auto&) { return p_.weights; });
  }

  assay::Error wrong_length(const std::vector<std::string>& terms) const {
    return {assay::ErrorKind::kParameter,
            "optimizer `weighted_sum`: `weights` has " + std::to_string(p_.weights.size()) +
                " numbers, expected one for each of the " + std::to_string(terms.size()) +
                " terms " + assay::listed(terms)};
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<WeightedSum>("weighted_sum",
                            "Weights the terms of the objective with constant weights.");
}
