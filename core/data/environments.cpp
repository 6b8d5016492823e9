#include "assay/sdk/environments.h"

#include <ATen/ops/one_hot.h>

namespace assay {

Environments::Environments(const Info& info)
    : size_(static_cast<std::int64_t>(info.groups.size())) {
  if (info.classes == 0 || size_ < 2)
    throw Error(
        ErrorKind::kParameter,
        "uses the groups of a classification dataset as environments: use a dataset with two "
        "or more groups, such as `digits_domains`");
}

torch::Tensor Environments::members(const Batch& batch) const {
  return at::one_hot(batch.group, size_);
}

torch::Tensor Environments::means(const torch::Tensor& each, const torch::Tensor& members) {
  const auto count = members.sum(0);
  // Of an environment without samples 0 / 0 would be left out here, and make gradients NaN.
  const auto sums = (each.unsqueeze(1) * members).sum(0);
  return (sums / count.clamp_min(1)).masked_select(count > 0);
}

}  // namespace assay
