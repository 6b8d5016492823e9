// `evaluate`: what a model does on a split, once.
#include <ATen/ops/arange.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"

namespace {

using assay::Split;

class Evaluate final : public assay::Procedure {
 public:
  struct Params {
    std::string split = "test";
    std::int64_t batch = 256;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("split", &Params::split, assay::one_of({"train", "validation", "test"}),
               "Split to evaluate on.")
        .field("batch", &Params::batch, assay::at_least(1), "Samples per forward pass.");
  }
  static assay::Strings needs() { return {"model", "dataset"}; }

  explicit Evaluate(Params params) : p_(std::move(params)) {}

  std::int64_t units(const assay::Parts&) const override { return 1; }

  void advance(std::int64_t, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const Split split = p_.split == "train"        ? Split::kTrain
                        : p_.split == "validation" ? Split::kValidation
                                                   : Split::kTest;
    if (parts.dataset->ids(split).empty())
      throw assay::Error(assay::ErrorKind::kData,
                         "the dataset has no " + p_.split + " split to evaluate on");
    const auto& info = parts.dataset->info();
    const auto scores = assay::evaluate(*parts.model, *parts.dataset, split, p_.batch, context);
    assay::report(results, split, info, scores, true);
    if (info.classes > 0)
      results.artifact("confusion", {{"confusion", scores.confusion},
                                     {"group_count", scores.group_count},
                                     {"group_correct", scores.group_correct}});
  }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Evaluate>(
      "evaluate",
      "Evaluates a model on one split: accuracy overall, per class and per group, negative "
      "log-likelihood and confusion matrix, or the squared error for regression.");
}
