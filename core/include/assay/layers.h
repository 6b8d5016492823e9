// Layers of a model, told by the names of its parameters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "assay/model.h"

namespace assay {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Parameters of the last `count` layers that require a gradient, in the model's order; of all for
/// 0. A layer is what shares its name up to the last dot and has a matrix or kernel; norms go with
/// the layer before them. Throws Error{kParameter} where the model has fewer.
NamedTensors last_layers(const Model& model, std::int64_t count);

}  // namespace assay
