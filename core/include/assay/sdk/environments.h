// Environments: groups of a dataset, for objectives that compare losses between groups (IRM,
// V-REx).
#pragma once

#include "assay/dataset.h"

namespace assay {

/// The E groups of a dataset. A batch may contain samples of only some of them. Immutable.
class Environments {
 public:
  /// Throws Error{kParameter} unless the dataset has classes and at least two groups.
  explicit Environments(const Info& info);
  std::int64_t size() const { return size_; }

  /// Membership matrix, [B, E] int64: 1 if sample b belongs to environment e, else 0. Each sample
  /// belongs to exactly one.
  torch::Tensor members(const Batch& batch) const;

  /// Means of `each` [B] per environment, [P] for the P environments that have samples in `members`
  /// [B, E], in ascending order. Differentiable.
  static torch::Tensor means(const torch::Tensor& each, const torch::Tensor& members);

 private:
  std::int64_t size_;
};

}  // namespace assay
