// Layers of a model, found by the names of its parameters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "assay/model.h"

namespace assay {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// The parameters of the last `count` trainable layers, in the order of the model; of all layers if
/// `count` is 0. The tensors are the model's own. A layer consists of the parameters whose names
/// agree up to the last dot and that require a gradient, one of them with two dimensions or more.
/// Parameters of other modules, such as batch norm, belong to the layer before them. Throws
/// Error{kParameter} if the model has fewer layers; the message calls the count `layers`.
NamedTensors last_layers(const Model& model, std::int64_t count);

/// Whether the module, with those within it, has parameters, none of which requires a gradient.
bool is_frozen(const torch::nn::Module& module);

}  // namespace assay
