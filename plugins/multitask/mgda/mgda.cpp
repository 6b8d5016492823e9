// MGDA: Désidéri, "Multiple-gradient descent algorithm (MGDA) for multiobjective optimization",
// Comptes Rendus Mathématique 2012; its scales: Sener and Koltun, "Multi-Task Learning as
// Multi-Objective Optimization", NeurIPS 2018.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"
#include "assay/sdk/simplex.h"

namespace {

struct Params : assay::Rule::Params {
  std::string normalise = "none";
};

class Mgda final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(Schema<Params>().field(
                          "normalise", &Params::normalise, one_of({"none", "l2", "loss", "loss+"}),
                          "Divisor of each gradient when the weights are computed: none, its L2 "
                          "norm, the loss of its term or group, or both (loss+)."),
                      "Optimizer that takes the step with the combined gradient.");
  }

  explicit Mgda(Params params) : Rule(params, "mgda"), p_(std::move(params)) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<assay::Combination>(
        problem, by(), "mgda", [&](const assay::PresentParts& terms) {
          return assay::shortest_in_hull(scaled(terms, parts(problem)));
        });
  }

  assay::Gram scaled(const assay::PresentParts& terms, const assay::Strings& names) const {
    const auto& gram = terms.gram;
    if (p_.normalise == "none") return gram;
    std::vector<double> scale(gram.size(), 1), values;
    for (std::size_t i = 0; i < gram.size(); ++i) {
      if (p_.normalise != "l2") scale[i] = positive(terms.losses[i], names[terms.index[i]]);
      if (p_.normalise != "loss") scale[i] *= std::sqrt(gram(i, i));
    }
    for (std::size_t i = 0; i < gram.size(); ++i)
      for (std::size_t j = 0; j < gram.size(); ++j)
        values.push_back(gram(i, j) / (scale[i] * scale[j]));
    return {gram.size(), std::move(values)};
  }

  double positive(double loss, const std::string& part) const {
    if (loss > 0) return loss;
    throw assay::Error(assay::ErrorKind::kNumeric,
                       "`mgda` divides by the losses, which must be above 0; the loss of " +
                           described(part) + " is " + std::to_string(loss) +
                           ": use `normalise: l2` or `normalise: none`");
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Mgda>("mgda",
                     "Multiple-gradient descent (Désidéri, 2012; Sener and Koltun, NeurIPS 2018): "
                     "the shortest vector in the convex hull of the terms' gradients.");
}
