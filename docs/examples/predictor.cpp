// Example of a predictor: probabilities are averaged over noisy copies of the inputs, the smoothed
// classifier of Cohen, Rosenfeld and Kolter, "Certified Adversarial Robustness via Randomized
// Smoothing", ICML 2019, in its soft form.
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/randn.h>

#include "assay/predictor.h"
#include "assay/registry.h"

namespace {

class Smoothed final : public assay::Predictor {
 public:
  struct Params {
    double deviation = 0.25;
    std::int64_t copies = 8;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("deviation", &Params::deviation, assay::above(0),
               "Standard deviation of the noise, in units of the inputs.")
        .field("copies", &Params::copies, assay::at_least(1), "Number of noisy copies.");
  }
  explicit Smoothed(const Params& params) : p_(params) {}

  std::int64_t passes() const override { return p_.copies; }

  // `context.rng` is the stream of this batch and pass.
  assay::Predictions predict(assay::Model& model, const assay::Batch& batch,
                             const assay::Context& context) override {
    const torch::NoGradGuard no_grad;
    const auto generator = context.rng.generator(context.device);
    auto noisy = batch;
    noisy.input = batch.input +
                  p_.deviation * at::randn(batch.input.sizes(), generator, batch.input.options());
    const auto logits = model.forward(noisy).logits.to(torch::kFloat);
    return {.log_probability = at::log_softmax(logits, 1)};
  }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Smoothed>(
      "smoothed",
      "Averages probabilities over noisy copies of the inputs (Cohen et al., ICML 2019).");
}
