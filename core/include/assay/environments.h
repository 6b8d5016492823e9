// Environments: the groups of a dataset as objectives see them that ask for the same in each.
#pragma once

#include "assay/dataset.h"

namespace assay {

/// E environments, of which a batch may lack some.
class Environments {
 public:
  /// Throws Error{kParameter} unless the dataset has classes and two groups or more.
  explicit Environments(const Info& info);
  std::int64_t size() const { return size_; }

  /// [B, E] int64: 1 where a sample is of an environment, 0 elsewhere.
  torch::Tensor members(const Batch& batch) const;

  /// The mean of `each` [B] in each environment that `members` [B, E] has samples of.
  static torch::Tensor means(const torch::Tensor& each, const torch::Tensor& members);

 private:
  std::int64_t size_;
};

}  // namespace assay
