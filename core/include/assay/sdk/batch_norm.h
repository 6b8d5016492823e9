// Statistics of batch norm for weights that were not trained with it, such as averages.
#pragma once

#include "assay/dataset.h"
#include "assay/model.h"

namespace assay {

/// The model's buffers as they would be with `weights` (like Model::parameters()) if the running
/// statistics of its modules BatchNorm1d to BatchNorm3d were the means over the batches of the
/// training split, in a random order from `context.rng`, each sample once. All other modules are in
/// eval mode, and samples are untransformed. Norms whose own parameters are frozen keep their
/// statistics. Weights, buffers and mode of the model are unchanged. Without such a module the
/// buffers are the model's own, and nothing is computed. A last batch of one sample is left out,
/// since batch norm needs two.
Tensors batch_norm_buffers(Model& model, const Tensors& weights, const Dataset& dataset,
                           std::int64_t batch, const Context& context);

}  // namespace assay
