// The weights of the best validation, with which the model ends.
#include <limits>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/tensors.h"

namespace {

class BestWeights final : public assay::Callback, public assay::WeightChooser {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }

  explicit BestWeights(Params) {}

  void check(const assay::TrainingSpan&, const assay::Parts& parts) const override {
    if (parts.dataset->ids(assay::Split::kValidation).empty())
      throw assay::Error(assay::ErrorKind::kData,
                         "`best_weights` needs a validation split, but the dataset has none: give "
                         "it one, such as by `validation: 1000`");
  }

  void after_validation(std::int64_t, double score, assay::Parts& parts, assay::Results&) override {
    if (!(score > best_)) return;
    best_ = score;
    weights_ = assay::clone(parts.model->parameters());
    for (const auto& buffer : assay::clone(parts.model->buffers())) weights_.push_back(buffer);
  }

  assay::Tensors final_weights() override { return weights_; }

  void save(assay::State& state) const override {
    state.put_list("weights", weights_);
    state.put("best", best_);
  }
  void load(const assay::State& state) override {
    weights_ = assay::clone(state.list("weights"));
    best_ = state.scalar<double>("best");
  }

 private:
  double best_ = -std::numeric_limits<double>::infinity();
  assay::Tensors weights_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<BestWeights>("best_weights",
                            "Lets the model end with the weights of the best validation.");
}
