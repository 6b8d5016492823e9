#include "assay/transform.h"

#include <ATen/ops/empty.h>

#include "assay/error.h"

namespace assay {

Transform::~Transform() = default;
Mixing::~Mixing() = default;
AddsView::~AddsView() = default;

void check_order(const std::vector<std::shared_ptr<Transform>>& transforms) {
  for (std::size_t k = 0; k + 1 < transforms.size(); ++k)
    if (dynamic_cast<const AddsView*>(transforms[k].get()) != nullptr)
      throw Error(
          ErrorKind::kParameter,
          "the transforms after the one that makes views would change the first view alone: "
          "put them into its `first`, or before it",
          std::to_string(k + 1));
}

torch::Tensor Transform::draw(const Batch& batch, const Rng& rng) const {
  return uniform_per_sample(rng, batch, count());
}

Rng sample_rng(const Rng& rng, const Batch& batch, std::int64_t row) {
  const auto number = [row](const torch::Tensor& list) {
    return list.defined() ? static_cast<std::uint64_t>(list[row].item<std::int64_t>()) : 0;
  };
  return rng.fork(number(batch.id)).fork(number(batch.occurrence));
}

torch::Tensor uniform_per_sample(const Rng& rng, const Batch& there, std::int64_t count) {
  const Batch batch{
      .id = there.id.cpu(),
      .occurrence = there.occurrence.defined() ? there.occurrence.cpu() : there.occurrence};
  auto numbers = at::empty({batch.size(), count}, torch::kDouble);
  auto* to = numbers.mutable_data_ptr<double>();
  for (std::int64_t row = 0; row < batch.size(); ++row) {
    const Rng own = sample_rng(rng, batch, row);
    for (std::int64_t k = 0; k < count; ++k) *to++ = own.uniform(static_cast<std::uint64_t>(k));
  }
  return numbers;
}

}  // namespace assay
