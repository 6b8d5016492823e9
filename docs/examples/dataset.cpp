// Example of a dataset: two Gaussian classes in the plane, drawn once from a fixed stream.
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"

namespace {

class Blobs final : public assay::Dataset {
 public:
  struct Params {
    double distance = 3;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("distance", &Params::distance, assay::above(0),
                                         "Distance of the class means, in standard deviations.");
  }

  static assay::Strings abilities() { return {"Classes"}; }

  explicit Blobs(const Params& params) {
    info_.input_shape = {2};
    info_.classes = 2;
    target_ = at::arange(kSamples, torch::kInt64).remainder(2);
    input_ = at::randn({kSamples, 2}, assay::Rng(0).fork("blobs").generator(), torch::kFloat);
    input_.select(1, 0).add_(target_.to(torch::kFloat), params.distance);
    for (std::int64_t id = 0; id < kSamples; ++id)
      ids_[id < 400 ? 0 : id < 500 ? 1 : 2].push_back(id);  // train, validation, test
    info_.group_sizes = assay::group_sizes(ids_[0].size(), {}, 0);
  }

  const assay::Info& info() const override { return info_; }

  std::span<const std::int64_t> ids(assay::Split split) const override {
    return ids_[static_cast<std::size_t>(split)];
  }

  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    return {input_.index_select(0, id), target_.index_select(0, id), id, at::zeros_like(id)};
  }

 private:
  static constexpr std::int64_t kSamples = 600;
  assay::Info info_;
  torch::Tensor input_, target_;
  std::vector<std::int64_t> ids_[3];
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Blobs>("blobs", "Two Gaussian classes in the plane, 600 samples.");
}
