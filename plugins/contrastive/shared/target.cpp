#include "contrastive/shared/target.h"

#include <ATen/ops/_foreach_lerp.h>

#include "assay/sdk/scoped_weights.h"
#include "assay/sdk/tensors.h"

namespace contrastive {

template <class Pass>
auto Target::run(assay::Model& model, const Pass& pass) {
  if (weights_.empty()) {
    weights_ = assay::clone(model.parameters());
    buffers_ = assay::clone(model.buffers());
  }
  const torch::NoGradGuard no_grad;
  const assay::ScopedWeights weights(model.parameters(), weights_),
      buffers(model.buffers(), buffers_);
  return pass();
}

torch::Tensor Target::project(assay::Model& model, const torch::Tensor& input) {
  return run(model, [&] { return contrastive::project(model, input); });
}

Pair Target::project_views(assay::Model& model, const assay::Batch& batch) {
  return run(model, [&] { return contrastive::project_views(model, batch, /*joint=*/false); });
}

void Target::move(const assay::Model& model) {
  if (weights_.empty()) return;  // a model without parameters
  const torch::NoGradGuard no_grad;
  at::_foreach_lerp_(weights_, model.parameters(), 1 - momentum_);
}

void Target::save(assay::State& state) const {
  state.put_list("target.weights", weights_);
  state.put_list("target.buffers", buffers_);
}

void Target::load(const assay::State& state) {
  weights_ = assay::clone(state.list("target.weights"));
  buffers_ = assay::clone(state.list("target.buffers"));
}

}  // namespace contrastive
