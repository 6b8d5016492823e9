// A model whose features and projections are its input, so that losses are tested by themselves.
#pragma once

#include "assay/model.h"

namespace assay::testing {

class Same final : public Model, public Projector {
 public:
  Output forward(const Batch& batch) override { return {.features = batch.input}; }
  torch::Tensor project(const torch::Tensor& features) override { return features; }
  torch::Tensor predict(const torch::Tensor& projections) override { return projections * 2; }
};

/// A model without features.
class Bare final : public Model {
 public:
  Output forward(const Batch& batch) override { return {.logits = batch.input.flatten(1)}; }
};

/// The same as Same for images.
class Flat final : public Model, public Projector {
 public:
  Output forward(const Batch& batch) override { return {.features = batch.input.flatten(1)}; }
  torch::Tensor project(const torch::Tensor& features) override { return 3 * features; }
  torch::Tensor predict(const torch::Tensor& projections) override { return projections; }
};

}  // namespace assay::testing
