// CAGrad: Liu, Liu, Jin, Stone and Liu, "Conflict-Averse Gradient Descent for Multi-task Learning",
// NeurIPS 2021.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"
#include "weights.h"

namespace {

struct Params : assay::Wrapper::Params {
  double c = 0.4;
  bool rescale = true;
};

class CaGrad final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("c", &Params::c, at_least(0),
               "Largest distance of the direction from the mean gradient g0, as a multiple of "
               "|g0|; 0: "
               "the mean gradient.")
        .field("rescale", &Params::rescale, any(), "Divides the direction by 1 + c^2.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the direction.");
  }

  explicit CaGrad(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_terms(problem, "cagrad");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::Combination>(problem, "cagrad",
                                                [this](const assay::PresentTerms& terms) {
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
