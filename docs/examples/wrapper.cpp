// Example of an optimizer around another one: Gaussian noise is added to the gradient, Neelakantan
// et al., "Adding gradient noise improves learning for very deep networks", 2015.
#include <ATen/ops/randn.h>

#include "assay/registry.h"
#include "assay/sdk/wrapper.h"

namespace {

// The problem that the base sees. Noise belongs to the whole gradient, so terms are not available.
class NoisyGradient final : public assay::CombinedGradient {
 public:
  NoisyGradient(assay::Problem& inner, double deviation)
      : CombinedGradient(inner, "gradient_noise"), deviation_(deviation) {}

  assay::Gradient raw_gradient() override {
    auto gradient = inner_.raw_gradient();
    const torch::NoGradGuard no_grad;
    const auto rng = rng_.fork(calls_++);
    for (std::size_t i = 0; i < gradient.tensors.size(); ++i) {
      auto& g = gradient.tensors[i];
      g.add_(at::randn(g.sizes(), rng.fork(i).generator(g.device()), g.options()), deviation_);
    }
    return gradient;
  }

 private:
  double deviation_;
  assay::Rng rng_ = inner_.rng().fork("gradient_noise");
  std::uint64_t calls_ = 0;  // a base may ask for several gradients in a step
};

class GradientNoise final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double deviation = 0.01;
  };
  // What a base cannot ask of the problem that it sees: terms and groups, and parts of the batch.
  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("deviation", &Params::deviation, assay::at_least(0),
               "Standard deviation of the noise, in units of the gradient.")
        .component("base", &Params::base, "sgd", "Optimizer that steps with the noisy gradient.");
  }
  explicit GradientNoise(const Params& params) : Wrapper(params), deviation_(params.deviation) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<NoisyGradient>(problem, deviation_);
  }

  double deviation_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GradientNoise>("gradient_noise",
                              "Adds Gaussian noise to the gradient (Neelakantan et al., 2015).");
}
