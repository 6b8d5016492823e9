// Gradients of a value, in memory that is nobody else's and laid out as the parameters'.
#pragma once

#include "assay/state.h"

namespace assay {

/// d value / d parameters, zeros where a parameter has no part in it.
Tensors differentiate(const torch::Tensor& value, const Tensors& parameters, bool keep_graph);

/// Indices of the parameters that have no part in the value.
std::vector<std::size_t> unreached(const torch::Tensor& value, const Tensors& parameters);

/// The inner product of `value`'s gradient and `v`, 0-dim, differentiable again.
torch::Tensor slope_along(const torch::Tensor& value, const Tensors& parameters, const Tensors& v);

/// A zero tensor per parameter.
Tensors zeros(const Tensors& parameters);

}  // namespace assay
