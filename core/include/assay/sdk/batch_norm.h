// Statistics of batch norm for weights that were not trained with it, such as averages.
#pragma once

#include "assay/dataset.h"
#include "assay/model.h"

namespace assay {

/// The model's buffers as they would be with `weights` (like Model::parameters()) if the running
/// statistics of its modules BatchNorm1d to BatchNorm3d were the means over the batches of the
/// training split, as torch.optim.swa_utils.update_bn() computes them. Weights, buffers and mode of
/// the model are unchanged. Without such a module the buffers are the model's own, and nothing is
/// computed. Batches have `batch` samples, in the order of the ids; a last one of one sample is
/// left out, since batch norm needs two.
Tensors batch_norm_buffers(Model& model, const Tensors& weights, const Dataset& dataset,
                           std::int64_t batch, const Context& context);

}  // namespace assay
