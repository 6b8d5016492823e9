// Horizontal reflection of images: Krizhevsky, Sutskever and Hinton, "ImageNet classification with
// deep convolutional neural networks", NeurIPS 2012, section 4.1.
#include <ATen/ops/where.h>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"

namespace {

class Flip final : public assay::Transform {
 public:
  struct Params {
    double probability = 0.5;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("probability", &Params::probability, assay::between(0, 1),
                                         "Probability that an image is reflected.");
  }

  Flip(const Params& params, const assay::Info& info) : probability_(params.probability) {
    assay::Pixels{info};  // refuses what is no image
  }

  std::int64_t count() const override { return 1; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    const auto chosen = (draws < probability_).view({-1, 1, 1, 1}).to(batch.input.device());
    auto flipped = batch;
    flipped.input = at::where(chosen, batch.input.flip(3), batch.input);
    return flipped;
  }

 private:
  double probability_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Flip>("flip",
                     "Reflects images horizontally at random (Krizhevsky et al., NeurIPS 2012).");
}
