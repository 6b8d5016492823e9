// Target network: a moving average of a model, which gives other views' projections.
#pragma once

#include "assay/model.h"
#include "assay/state.h"
#include "contrastive/shared/views.h"

namespace contrastive {

/// The average w <- momentum w + (1 - momentum) (model's w) of all parameters. Buffers, such as the
/// statistics of batch norm, are those of the target's own passes. It starts as the model does.
class Target {
 public:
  explicit Target(double momentum) : momentum_(momentum) {}

  /// The target's projections, without gradients, in the mode of the model; of both views in a pass
  /// each.
  torch::Tensor project(assay::Model& model, const torch::Tensor& input);
  Pair project_views(assay::Model& model, const assay::Batch& batch);
  /// After a step of the model.
  void move(const assay::Model& model);

  void save(assay::State& state) const;
  void load(const assay::State& state);

 private:
  // pass() with the target's weights and buffers in the model.
  template <class Pass>
  auto run(assay::Model& model, const Pass& pass);

  double momentum_;
  assay::Tensors weights_, buffers_;
};

}  // namespace contrastive
