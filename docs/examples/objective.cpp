// Example of an objective with two terms: cross-entropy and a penalty on confident answers, Pereyra
// et al., "Regularizing neural networks by penalizing confident output distributions", 2017.
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>

#include "assay/registry.h"

namespace {

class ConfidencePenalty final : public assay::Objective {
 public:
  struct Params {
    double beta = 0.1;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("beta", &Params::beta, assay::at_least(0),
                                         "Weight of the negative entropy of the predictions.");
  }

  ConfidencePenalty(const Params& params, const assay::Info& info) : beta_(params.beta) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter, "needs a dataset with classes");
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto log_p = at::log_softmax(model.forward(batch).logits, 1);
    const auto fit = at::nll_loss(log_p, batch.target, {}, at::Reduction::None);
    const auto negative_entropy = (log_p.exp() * log_p).sum(1);
    return {{fit.mean(), 1.0, fit}, {negative_entropy.mean(), beta_, negative_entropy}};
  }

 private:
  double beta_;
  std::vector<std::string> terms_{"cross_entropy", "negative_entropy"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ConfidencePenalty>(
      "confidence_penalty", "Cross-entropy with a penalty on confidence (Pereyra et al., 2017).");
}
