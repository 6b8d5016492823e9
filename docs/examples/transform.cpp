// Example of a transform: each training sample is scaled by a random factor.
#include "assay/transform.h"
#include "assay/registry.h"

namespace {

class RandomScale final : public assay::Transform {
 public:
  struct Params {
    double range = 0.1;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("range", &Params::range, assay::between(0, 1),
                                         "Largest distance of the factor from 1.");
  }
  explicit RandomScale(const Params& params) : range_(params.range) {}

  // Numbers per sample, from the stream of its id and its occurrence: neither batches nor threads
  // matter.
  std::int64_t count() const override { return 1; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(batch.input.dim()), 1);
    shape[0] = batch.size();
    const auto factor = (1 + range_ * (2 * draws - 1)).to(batch.input.options()).view(shape);
    auto scaled = batch;
    scaled.input = batch.input * factor;
    return scaled;
  }

 private:
  double range_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<RandomScale>("random_scale", "Scales each training sample by a random factor.");
}
