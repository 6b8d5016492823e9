// The weights of the best validation, with which the model ends.
#include <limits>

#include "assay/callback.h"
#include "assay/registry.h"

namespace {

class BestWeights final : public assay::Callback, public assay::WeightChooser {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }

  explicit BestWeights(Params) {}

  void start(const assay::TrainingSpan&, assay::Parts& parts, const assay::Context&) override {
    if (parts.dataset->ids(assay::Split::kValidation).empty())
      throw assay::Error(assay::ErrorKind::kData,
                         "`best_weights` needs a validation split, but the dataset has none: give "
                         "it one, such as by `validation: 1000`");
  }

  void after_validation(std::int64_t, double score, assay::Parts& parts, assay::Results&) override {
    if (!(score > best_)) return;
    best_ = score;
    weights_.clear();
    for (const auto& list : {parts.model->parameters(), parts.model->buffers()})
      for (const auto& w : list) weights_.push_back(w.detach().clone());
  }

  assay::Tensors final_weights() override { return weights_; }

  void save(assay::State& state) const override {
    state.put("weights", weights_);
    state.scalars["best"] = best_;
  }
  void load(const assay::State& state) override {
    weights_.clear();
    for (const auto& w : state.list("weights")) weights_.push_back(w.clone());
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
