// What a selector needs to know of samples: labels, features, logits, sketched gradients.
#pragma once

#include "assay/schema.h"
#include "assay/sdk/layers.h"
#include "assay/sdk/training.h"
#include "assay/selector.h"
#include "selection/select/gradients/per_sample.h"

namespace selection {

/// Of the procedure `select`.
struct SelectParams {
  std::int64_t n = 1;
  std::int64_t batch = 128;
  std::string gradient = "loss";
  std::string sketch = "kronecker";
  std::int64_t width = 256;
  std::int64_t layers = 0;
  std::string labels = "selector";
  bool fall_back = false;
};

class PoolRows {
 public:
  PoolRows(const SelectParams& params, const assay::Info& info) : p_(params), info_(info) {}

  /// Adds what the selector needs to know of these samples to the rows of each name after `prefix`.
  void add(std::span<const std::int64_t> ids, const std::string& prefix,
           const assay::Selector::Needs& needs, assay::Parts& parts, const assay::Context& context);

  /// The pool of the `size` samples that were added.
  assay::Pool pool(std::int64_t size) const;

  assay::TensorMap& all() { return rows_; }
  const assay::TensorMap& all() const { return rows_; }

 private:
  torch::Tensor gradients(const assay::Batch& batch, const assay::Selector::Needs& needs,
                          assay::Model& model, const assay::Context& context);
  torch::Tensor labels(const assay::Batch& batch, const torch::Tensor& logits, bool own,
                       const assay::Rng& rng) const;
  torch::Tensor sketched(const torch::Tensor& features, const assay::Context& context) const;
  std::unique_ptr<Sketch> sketch(const assay::Context& context) const;
  void check_width(std::int64_t width) const;

  SelectParams p_;
  assay::Info info_;
  assay::TensorMap rows_;
  std::unique_ptr<PerSample> per_sample_;
};

}  // namespace selection
