// What a selector needs to know of samples: features, logits, sketched gradients or their norms.
#pragma once

#include "assay/schema.h"
#include "assay/sdk/layers.h"
#include "assay/sdk/prediction.h"
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

/// The features and logits of one pass, as `needs` asks for them. The sketched gradients of the
/// samples, or their norms, are kept here. Throws Error{kNumeric} for a number that is not finite.
class PoolPredictor final : public assay::Predictor {
 public:
  /// `rng` is the stream of the stage: one sketch for all batches, so that their gradients can be
  /// compared.
  PoolPredictor(const SelectParams& params, const assay::Info& info,
                const assay::Selector::Needs& needs, const assay::Rng& rng)
      : p_(params), info_(info), needs_(needs), rng_(rng) {}

  assay::Predictions predict(assay::Model& model, const assay::Batch& batch,
                             const assay::Context& context) override;
  /// [N, width] of all samples so far, on the CPU; undefined if `needs` does not ask for them.
  torch::Tensor gradients() const;
  /// [N] double; likewise.
  torch::Tensor norms() const;

  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 private:
  void measure(assay::Model& model, const assay::Batch& batch);
  void measure_features(const torch::Tensor& features, const assay::Batch& batch);
  PerSample& per_sample(assay::Model& model, const assay::Batch& batch);
  void store(assay::Tensors& all, const torch::Tensor& rows, const assay::Batch& batch) const;
  torch::Tensor labels(const assay::Batch& batch, const torch::Tensor& logits) const;
  torch::Tensor sketched(const torch::Tensor& features) const;
  std::unique_ptr<Sketch> sketch() const;
  void check_width(std::int64_t width) const;

  SelectParams p_;
  assay::Info info_;
  assay::Selector::Needs needs_;
  assay::Rng rng_;
  assay::Tensors gradients_, norms_;  // per batch
  std::unique_ptr<PerSample> per_sample_;
};

}  // namespace selection
