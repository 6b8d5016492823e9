// CAGrad: Liu, Liu, Jin, Stone and Liu, "Conflict-Averse Gradient Descent for Multi-task Learning",
// NeurIPS 2021.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"
#include "weights.h"

namespace {

struct Params : assay::Rule::Params {
  double c = 0.4;
  bool rescale = true;
};

class CaGrad final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("c", &Params::c, at_least(0),
                   "Largest distance of the direction from the mean gradient g0, as a multiple of "
                   "|g0|; 0: the mean gradient.")
            .field("rescale", &Params::rescale, any(), "Divides the direction by 1 + c^2."),
        "Optimizer that takes the step with the direction.");
  }

  explicit CaGrad(Params params) : Rule(params, "cagrad"), p_(std::move(params)) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::Combination>(problem, by(), "cagrad",
                                                [this](const assay::PresentParts& terms) {
                                                  auto w = conflict_averse(terms.gram, p_.c);
                                                  for (double& weight : w)
                                                    if (p_.rescale) weight /= 1 + p_.c * p_.c;
                                                  return w;
                                                });
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CaGrad>(
      "cagrad",
      "CAGrad (Liu et al., NeurIPS 2021): the direction near the mean gradient that most "
      "improves the term that improves least.");
}
