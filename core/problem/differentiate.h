// Gradients of a value, in memory that is nobody else's and laid out as the parameters'.
#pragma once

#include "assay/state.h"

namespace assay {

/// d value / d parameters, zeros where a parameter has no part in it.
Tensors gradient_of(const torch::Tensor& value, const Tensors& parameters, bool keep_graph);

}  // namespace assay
