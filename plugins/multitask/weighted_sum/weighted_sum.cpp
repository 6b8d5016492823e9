// The weighted sum of the terms, with weights that stay: what every rule that finds weights itself
// is to be compared with.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

struct Params : assay::Rule::Params {
  assay::Reals weights;
};

class WeightedSum final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>().required("weights", &Params::weights, at_least(0),
                                  "Weight of each term, in the order of the objective, or of each "
                                  "group; it multiplies the objective gives the term."),
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit WeightedSum(Params params) : Rule(params, "weighted_sum"), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    Rule::check(problem);
    check_length("weights", p_.weights.size(), parts(problem));
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "weighted_sum",
        [this](const auto& present) { return assay::of_parts(p_.weights, present); });
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<WeightedSum>("weighted_sum",
                            "Weights the terms of the objective with constant weights.");
}
