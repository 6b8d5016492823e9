// V-REx: Krueger, Caballero, Jacobsen, Zhang, Binas, Zhang, Le Priol and Courville,
// "Out-of-Distribution Generalization via Risk Extrapolation", ICML 2021.
#include <ATen/ops/cross_entropy_loss.h>

#include "assay/registry.h"
#include "assay/sdk/environments.h"

namespace {

class Vrex final : public assay::Objective {
 public:
  struct Params {
    double lambda = 10;
    std::int64_t anneal_steps = 500;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Strings hides() { return {"Split", "Groups"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("lambda", &Params::lambda, assay::at_least(0),
               "Weight of the penalty, the variance of the mean losses of the environments.")
        .field("anneal_steps", &Params::anneal_steps, assay::at_least(0),
               "Number of initial training steps during which the weight is 1.");
  }

  Vrex(Params params, const assay::Info& info) : p_(params), environments_(info) {}

  const std::vector<std::string>& terms() const override { return terms_; }
  bool decomposes() const override { return false; }  // the penalty compares environments

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context& context) override {
    const auto logits = model.forward(batch).logits;
    const auto each = at::cross_entropy_loss(logits, batch.target, {}, at::Reduction::None);
    const auto risk = environments_.means(each, environments_.members(batch));
    const double weight = context.step < p_.anneal_steps ? 1 : p_.lambda;
    return {{risk.mean()}, {(risk - risk.mean()).square().mean(), weight}};
  }

 private:
  Params p_;
  assay::Environments environments_;
  std::vector<std::string> terms_{"nll", "penalty"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Vrex>(
      "vrex",
      "Risk extrapolation (V-REx): adds the variance of the mean losses of the environments "
      "(Krueger et al., ICML 2021).");
}
