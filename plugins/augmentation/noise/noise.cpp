// Gaussian noise on inputs: Bishop, "Training with noise is equivalent to Tikhonov regularization",
// Neural Computation 1995.
#include <ATen/ops/empty.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/randn.h>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"

namespace {

class Noise final : public assay::Transform {
 public:
  struct Params {
    double deviation = 0.05;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field(
        "deviation", &Params::deviation, assay::above(0),
        "Standard deviation of the noise, in units of a pixel between 0 and 1.");
  }

  Noise(const Params& params, const assay::Info& info)
      : deviation_(params.deviation), pixels_(info) {}

  std::int64_t count() const override {
    return pixels_.channels() * pixels_.height() * pixels_.width();
  }

  // Standard normal numbers, one per pixel and channel.
  torch::Tensor draw(const assay::Batch& batch, const assay::Rng& rng) const override {
    auto numbers = at::empty({batch.size(), count()}, torch::kDouble);
    for (std::int64_t b = 0; b < batch.size(); ++b)
      numbers[b] =
          at::randn({count()}, assay::sample_rng(rng, batch, b).generator(), torch::kFloat);
    return numbers;
  }

  // Product, sum and bounds are exact for each element, so the bytes do not depend on threads.
  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    const auto options = batch.input.options();
    auto noisy = batch;
    noisy.input = batch.input + draws.to(options).view_as(batch.input) *
                                    (deviation_ / pixels_.deviation()).to(options);
    noisy.input = at::minimum(at::maximum(noisy.input, pixels_.black().to(options)),
                              pixels_.white().to(options));
    return noisy;
  }

 private:
  double deviation_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Noise>("noise",
                      "Adds Gaussian noise to the pixels of images, which stay between black and "
                      "white (Bishop, Neural Computation 1995).");
}
