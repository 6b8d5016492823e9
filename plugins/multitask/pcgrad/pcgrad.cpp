// PCGrad: Yu, Kumar, Gupta, Levine, Hausman and Finn, "Gradient Surgery for Multi-Task Learning",
// NeurIPS 2020.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

using assay::Gram;

// The weights of sum_i g_i^PC: each g_i^PC is a row of coefficients of the gradients.
std::vector<double> surgery(const Gram& gram, const assay::Rng& rng) {
  const auto count = gram.size();
  std::vector<double> sum(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> row(count);
    row[i] = 1;
    for (const auto j : assay::shuffled_without(i, count, rng.fork(i))) {
      double product = 0;
      for (std::size_t k = 0; k < count; ++k) product += row[k] * gram(k, j);
      if (product < 0) row[j] -= product / gram(j, j);
    }
    for (std::size_t k = 0; k < count; ++k) sum[k] += row[k];
  }
  return sum;
}

class PcGrad final : public assay::Rule {
 public:
  static assay::Schema<Params> schema() {
    return add_fields(assay::Schema<Params>(),
                      "Optimizer that takes the step with the sum of the gradients.");
  }

  explicit PcGrad(const Params& params) : Rule(params, "pcgrad") {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::Combination>(
        problem, by(), "pcgrad",
        [rng = problem.rng().fork("pcgrad")](const assay::PresentParts& terms) {
          return surgery(terms.gram, rng);
        });
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<PcGrad>(
      "pcgrad",
      "PCGrad (Yu et al., NeurIPS 2020): projects each term's gradient onto the normal "
      "plane of each gradient that it conflicts with, and sums the results.");
}
