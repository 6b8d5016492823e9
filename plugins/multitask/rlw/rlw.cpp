// RLW: Lin, Ye, Zhang and Tsang, "Reasonable Effectiveness of Random Weighting: A Litmus Test for
// Multi-Task Learning", TMLR 2022.
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

// A softmax of normal numbers: the same ones whenever it is asked for within a step.
std::vector<double> weights(const assay::Problem& problem, std::size_t parts) {
  const auto count = static_cast<std::int64_t>(parts);
  const auto normal = at::randn({count}, problem.rng().fork("rlw").generator(), torch::kDouble);
  const auto w = at::softmax(normal, 0);
  return {w.const_data_ptr<double>(), w.const_data_ptr<double>() + count};
}

class Rlw final : public assay::Rule {
 public:
  static assay::Schema<Params> schema() {
    return add_fields(assay::Schema<Params>(),
                      "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Rlw(const Params& params) : Rule(params, "rlw") {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "rlw", [this, &problem](const auto& present) {
          return assay::of_parts(weights(problem, parts(problem).size()), present);
        });
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Rlw>(
      "rlw",
      "Random loss weighting (Lin et al., TMLR 2022): draws new random weights for the "
      "terms at each step.");
}
