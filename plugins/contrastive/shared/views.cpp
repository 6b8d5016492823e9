#include "contrastive/shared/views.h"

#include <ATen/ops/cat.h>

namespace contrastive {

const torch::Tensor& second_view(const assay::Batch& batch) {
  const auto it = batch.extra.find("view");
  if (it == batch.extra.end())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "the samples have no second view: add `transforms: [{use: views, first: "
                       "[...]}]` to the training, and where else they are needed the dataset "
                       "`transformed` with the same, whose `splits` are those with views");
  return it->second;
}

torch::Tensor project(assay::Model& model, const torch::Tensor& input) {
  auto& projector = assay::as<assay::Projector>(model, "model", "Projector");
  const auto z = projector.project(model.forward({.input = input}).features);
  return z.scalar_type() == torch::kDouble ? z : z.to(torch::kFloat);
}

Pair project_views(assay::Model& model, const assay::Batch& batch, bool joint) {
  const auto& view = second_view(batch);
  if (!joint) return {project(model, batch.input), project(model, view)};
  const auto both = project(model, at::cat({batch.input, view}));
  return {both.narrow(0, 0, batch.size()), both.narrow(0, batch.size(), batch.size())};
}

Pair predict_both(assay::Model& model, const Pair& projections) {
  auto& projector = assay::as<assay::Projector>(model, "model", "Projector");
  return {projector.predict(projections.first), projector.predict(projections.second)};
}

torch::Tensor normalize(const torch::Tensor& rows) {
  return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-8);
}

}  // namespace contrastive
