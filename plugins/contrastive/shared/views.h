// The two views of each sample, which the transform `views` makes, and their projections.
#pragma once

#include <string>

#include "assay/dataset.h"
#include "assay/model.h"

namespace contrastive {

/// Batch::extra "view", which the transform `views` adds. Throws Error{kParameter} without one.
const torch::Tensor& second_view(const assay::Batch& batch);

/// [B, d] each.
struct Pair {
  torch::Tensor first, second;
};

/// [B, d] projections of inputs; in float32 if autocast gives less.
torch::Tensor project(assay::Model& model, const torch::Tensor& input);

/// The projections of both views. `joint`: by one pass of both, whose 2 B samples share the
/// statistics of batch norm; else by one pass each.
Pair project_views(assay::Model& model, const assay::Batch& batch, bool joint);

/// The predictions from both projections. Throws Error{kParameter} without a predictor.
Pair predict_both(assay::Model& model, const Pair& projections);

/// Rows of length 1; rows shorter than 1e-8 keep their direction, and are shorter.
torch::Tensor normalize(const torch::Tensor& rows);

}  // namespace contrastive
