// Cross-entropy of classes, with label smoothing: Szegedy et al., "Rethinking the Inception
// architecture for computer vision", CVPR 2016, section 7.
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>

#include "assay/registry.h"

namespace {

class CrossEntropy final : public assay::Objective {
 public:
  struct Params {
    double smoothing = 0;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field(
        "smoothing", &Params::smoothing, assay::below(0, 1),
        "Label smoothing: fraction of the target probability that is spread over all classes.");
  }

  CrossEntropy(Params params, const assay::Info& info) : p_(params) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the dataset has real targets instead of classes: use squared_error");
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto logits = model.forward(batch).logits;
    if (p_.smoothing == 0) {  // one pass over the logits for both losses
      const bool half = logits.scalar_type() == torch::kBFloat16;  // as autocast has it
      const auto log_p = at::log_softmax(half ? logits.to(torch::kFloat) : logits, 1);
      return {{at::nll_loss(log_p, batch.target), 1.0,
               at::nll_loss(log_p, batch.target, {}, at::Reduction::None)}};
    }
    const auto loss = [&](at::Reduction::Reduction reduction) {
      return at::cross_entropy_loss(logits, batch.target, {}, reduction, -100, p_.smoothing);
    };
    return {{loss(at::Reduction::Mean), 1.0, loss(at::Reduction::None)}};
  }

 private:
  Params p_;
  std::vector<std::string> terms_{"cross_entropy"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CrossEntropy>("cross_entropy",
                             "Cross-entropy loss (negative log-likelihood) with optional label "
                             "smoothing (Szegedy et al., CVPR 2016).");
}
