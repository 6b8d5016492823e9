// RLW: Lin, Ye, Zhang and Tsang, "Reasonable Effectiveness of Random Weighting: A Litmus Test for
// Multi-Task Learning", TMLR 2022.
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

// A softmax of normal numbers: the same ones whenever it is asked for within a step.
std::vector<double> weights(const assay::Problem& problem) {
  const auto count = static_cast<std::int64_t>(problem.terms().size());
  const auto normal = at::randn({count}, problem.rng().fork("rlw").generator(), torch::kDouble);
  const auto w = at::softmax(normal, 0);
  return {w.const_data_ptr<double>(), w.const_data_ptr<double>() + count};
}

class Rlw final : public assay::Wrapper {
 public:
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().component(
        "base", &Params::base, "sgd",
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Rlw(const Params& params) : Wrapper(params) {}

  void check(assay::Problem& problem) override {
    assay::check_terms(problem, "rlw");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (problem.terms().size() == 1) return nullptr;
    return std::make_unique<assay::WeightedTerms>(problem, "rlw",
                                                  [&](const auto&) { return weights(problem); });
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Rlw>(
      "rlw",
      "Random loss weighting (Lin et al., TMLR 2022): draws new random weights for the "
      "terms at each step.");
}
