// MC dropout: Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML 2016; and the same
// for layers that draw their weights.
#include <torch/nn/modules/dropout.h>

#include "assay/registry.h"
#include "assay/sdk/prediction.h"

namespace {

template <class... Dropouts>
bool drops_out(const torch::nn::Module& module) {
  const auto is = [&](const auto* dropout) {
    return dropout != nullptr && dropout->options.p() > 0;
  };
  return (is(dynamic_cast<const Dropouts*>(&module)) || ...);
}

bool draws(const torch::nn::Module& module) {
  using namespace torch::nn;
  return drops_out<DropoutImpl, Dropout2dImpl, Dropout3dImpl, AlphaDropoutImpl,
                   FeatureAlphaDropoutImpl>(module) ||
         dynamic_cast<const assay::RandomLayer*>(&module) != nullptr;
}

// Lets the modules that draw do so, for a while.
class Drawing {
 public:
  explicit Drawing(const assay::Model& model) : modules_(model.modules(/*include_self=*/true)) {
    for (const auto& module : modules_) were_training_.push_back(module->is_training());
    // A mode is passed on to the modules within, which come later and then get their own.
    for (std::size_t i = 0; i < modules_.size(); ++i)
      modules_[i]->train(were_training_[i] || draws(*modules_[i]));
  }
  ~Drawing() {
    for (std::size_t i = 0; i < modules_.size(); ++i) modules_[i]->train(were_training_[i]);
  }
  Drawing(const Drawing&) = delete;

 private:
  std::vector<std::shared_ptr<torch::nn::Module>> modules_;
  std::vector<bool> were_training_;
};

class MonteCarlo final : public assay::Predictor {
 public:
  struct Params {
    std::int64_t samples = 30;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("samples", &Params::samples, assay::at_least(1),
                                         "S: number of passes.");
  }

  explicit MonteCarlo(const Params& params) : p_(params) {}

  std::int64_t passes() const override { return p_.samples; }

  void begin_pass(std::int64_t, assay::Parts& parts, const assay::Context&) override {
    check(*parts.model);
  }

  void check(const assay::Model& model) const override {
    for (const auto& module : model.modules(/*include_self=*/false))
      if (draws(*module)) return;
    throw assay::Error(assay::ErrorKind::kParameter,
                       "the model has no dropout and no other layer that draws, so all passes "
                       "would be the same: train it with `dropout` above 0, or use another "
                       "predictor");
  }

  assay::Predictions predict(assay::Model& model, const assay::Batch& batch,
                             const assay::Context& context) override {
    assay::seed_default_generators(context.rng, context.device);
    const Drawing drawing(model);
    return one_.predict(model, batch, context);
  }

 private:
  Params p_;
  assay::OnePass one_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<MonteCarlo>("monte_carlo",
                           "MC dropout (Gal and Ghahramani, ICML 2016): the mean over passes in "
                           "which dropout, and layers that draw weights, draw as in training.");
}
