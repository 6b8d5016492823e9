// Example of a callback: how far the weights are from where the training started.
#include <cmath>

#include "assay/callback.h"
#include "assay/registry.h"

namespace {

class DistanceFromStart final : public assay::Callback {
 public:
  struct Params {
    std::int64_t every = 20;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("every", &Params::every, assay::at_least(1),
                                         "Steps between two rows.");
  }
  explicit DistanceFromStart(const Params& params) : every_(params.every) {}

  void start(const assay::TrainingSpan&, assay::Parts& parts, const assay::Context&) override {
    if (!start_.empty()) return;  // a resumed training: load() came before
    for (const auto& w : parts.model->parameters()) start_.push_back(w.detach().clone());
  }

  void after_step(std::int64_t step, assay::Parts& parts, const assay::Context&,
                  assay::Results& results) override {
    if ((step + 1) % every_ != 0) return;
    const auto weights = parts.model->parameters();
    double squares = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      squares += (weights[i].detach() - start_[i]).square().sum().item<double>();
    results.metric("train/distance", std::sqrt(squares));
  }

  void save(assay::State& state) const override { state.put_list("start", start_); }
  void load(const assay::State& state) override { start_ = state.list("start"); }

 private:
  std::int64_t every_;
  assay::Tensors start_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<DistanceFromStart>(
      "distance_from_start", "Reports the L2 distance of the weights from where they started.");
}
