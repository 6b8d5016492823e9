// Stochastic weight averaging: Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, "Averaging
// Weights Leads to Wider Optima and Better Generalization", UAI 2018.
#include <ATen/ops/_foreach_lerp.h>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/batch_norm.h"
#include "assay/sdk/collecting.h"
#include "assay/sdk/tensors.h"

namespace {

class Swa final : public assay::Callback, public assay::WeightLender {
 public:
  struct Params {
    double start = 0.75;
    std::int64_t every = 0;
    std::int64_t batch = 256;
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("start", &Params::start, below(0, 1),
               "Fraction of the training after which weights are averaged.")
        .field("every", &Params::every, at_least(0),
               "Steps between two sets of weights that are averaged; 0: one epoch.")
        .field("batch", &Params::batch, at_least(2),
               "Samples per forward pass when the statistics of batch norm are computed for the "
               "averaged weights.");
  }

  explicit Swa(const Params& params) : p_(params) {}

  void check(const assay::TrainingSpan& span, const assay::Parts&) const override {
    const assay::CollectingTimes times(span, p_.start, p_.every);
    times.check_count(times.count(), 1, "swa");
  }

  void start(const assay::TrainingSpan& span, assay::Parts& parts,
             const assay::Context& context) override {
    parts_ = &parts;
    context_ = context;
    times_ = {span, p_.start, p_.every};
    if (!average_.empty() && average_.size() != parts.model->parameters().size())
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the average in the checkpoint has other tensors than the model");
  }

  void after_step(std::int64_t step, assay::Parts& parts, const assay::Context&,
                  assay::Results&) override {
    lent_.clear();
    if (!times_.is_due(step)) return;
    const torch::NoGradGuard no_grad;
    const auto weights = parts.model->parameters();
    if (average_.empty())
      average_ = assay::clone(weights);
    else
      at::_foreach_lerp_(average_, weights, 1 / static_cast<double>(count_ + 1));
    ++count_;
  }

  /// With the statistics of batch norm that belong to them, from a pass over the training split.
  assay::Tensors lent_weights() override {
    if (average_.empty() || !lent_.empty()) return lent_;
    lent_ = average_;
    for (const auto& buffer :
         assay::batch_norm_buffers(*parts_->model, average_, *parts_->dataset, p_.batch, context_))
      lent_.push_back(buffer);
    return lent_;
  }

  void save(assay::State& state) const override {
    state.put_list("average", average_);
    state.put("count", count_);
  }
  void load(const assay::State& state) override {
    average_ = assay::clone(state.list("average"));
    count_ = state.scalar<std::int64_t>("count");
  }

 private:
  Params p_;
  assay::Parts* parts_ = nullptr;
  assay::Context context_;
  assay::CollectingTimes times_;
  assay::Tensors average_;
  assay::Tensors lent_;     // until the next step: the last one lends them twice
  std::int64_t count_ = 0;  // sets of weights in the average
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Swa>("swa",
                    "Stochastic weight averaging (Izmailov et al., UAI 2018): the mean of the "
                    "weights at the ends of late epochs is evaluated and kept.");
}
