// Mean squared error of real targets.
#include <ATen/ops/mse_loss.h>

#include "assay/registry.h"

namespace {

class SquaredError final : public assay::Objective {
 public:
  struct Params {};
  static assay::Strings needs() { return {"dataset/Values"}; }
  static assay::Schema<Params> schema() { return {}; }

  SquaredError(Params, const assay::Info& info) {
    if (info.classes > 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the dataset has classes instead of real targets: use cross_entropy");
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto output = model.forward(batch).logits;
    const auto target = batch.target.view_as(output);
    return {{at::mse_loss(output, target), 1.0,
             at::mse_loss(output, target, at::Reduction::None).flatten(1).mean(1)}};
  }

 private:
  std::vector<std::string> terms_{"squared_error"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<SquaredError>("squared_error",
                             "Mean squared error, for regression on real targets.");
}
