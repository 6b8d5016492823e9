// Gaussian noise on inputs: Bishop, "Training with noise is equivalent to Tikhonov regularization",
// Neural Computation 1995.
#include <ATen/ops/empty.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"

namespace {

class Noise final : public assay::Transform {
 public:
  struct Params {
    double probability = 1;
    double deviation = 0.05;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("probability", &Params::probability, assay::between(0, 1),
               "Probability that an image is changed.")
        .field("deviation", &Params::deviation, assay::above(0),
               "Standard deviation of the noise, in units of a pixel between 0 and 1.");
  }

  Noise(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {}

  std::int64_t count() const override { return elements() + 1; }

  // Standard normal numbers, one per pixel and channel, and a uniform one: whether.
  torch::Tensor draw(const assay::Batch& batch, const assay::Rng& rng) const override {
    auto numbers = at::empty({batch.size(), count()}, torch::kDouble);
    for (std::int64_t b = 0; b < batch.size(); ++b) {
      const auto own = assay::sample_rng(rng, batch, b);
      numbers[b].narrow(0, 0, elements()) = at::randn({elements()}, own.generator(), torch::kFloat);
      numbers[b][elements()] = own.fork("whether").uniform(0);
    }
    return numbers;
  }

  // Product, sum and bounds are exact for each element, so the bytes do not depend on threads.
  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    const auto options = batch.input.options();
    auto noisy = batch;
    const auto normal = draws.narrow(1, 0, elements()).to(options).view_as(batch.input);
    const auto changed = at::minimum(
        at::maximum(batch.input + normal * (p_.deviation / pixels_.deviation()).to(options),
                    pixels_.black().to(options)),
        pixels_.white().to(options));
    const auto chosen = draws.select(1, elements()) < p_.probability;
    noisy.input = at::where(chosen.view({-1, 1, 1, 1}).to(options.device()), changed, batch.input);
    return noisy;
  }

 private:
  std::int64_t elements() const { return pixels_.channels() * pixels_.height() * pixels_.width(); }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Noise>("noise",
                      "Adds Gaussian noise to the pixels of images, which stay between black and "
                      "white (Bishop, Neural Computation 1995).");
}
