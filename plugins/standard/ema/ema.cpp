// An exponential moving average of the weights: Polyak and Juditsky, "Acceleration of stochastic
// approximation by averaging", SIAM J. Control and Optimization 1992, with decay.
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/tensors.h"

namespace {

class Ema final : public assay::Callback, public assay::WeightLender {
 public:
  struct Params {
    double decay = 0.999;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("decay", &Params::decay, assay::below(0, 1),
                                         "Decay rate per step of the average.");
  }

  explicit Ema(const Params& params) : decay_(params.decay) {}

  void start(const assay::TrainingSpan&, assay::Parts& parts, const assay::Context&) override {
    const auto weights = parts.model->parameters();
    if (!average_.empty() && average_.size() != weights.size())
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the average in the checkpoint has other tensors than the model");
    if (average_.empty()) average_ = assay::clone(weights);
  }

  void after_step(std::int64_t, assay::Parts& parts, const assay::Context&,
                  assay::Results&) override {
    const torch::NoGradGuard no_grad;
    at::_foreach_lerp_(average_, parts.model->parameters(), 1 - decay_);
  }

  assay::Tensors lent_weights() override { return average_; }

  void save(assay::State& state) const override { state.put_list("average", average_); }
  void load(const assay::State& state) override { average_ = assay::clone(state.list("average")); }

 private:
  double decay_;
  assay::Tensors average_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Ema>("ema",
                    "Evaluates an exponential moving average of the weights, with which the model "
                    "ends (Polyak and Juditsky, SIAM J. Control and Optimization 1992).");
}
