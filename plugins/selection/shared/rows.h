// The vectors that represent samples: features or sketched gradients.
#pragma once

#include <string>

#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

/// Documentation of a parameter `of`: "features" or "gradients".
inline constexpr const char* kOf =
    "What represents a sample: the model's features, or the sketched gradient.";

assay::Selector::Needs needs_of(const std::string& of);

/// [N, D] double.
torch::Tensor rows_of(const assay::Pool& pool, const std::string& of);

/// `gradients` [N, m] in double, on the CPU. Throws assay::Error{kData} if one is not finite, or if
/// all are zero.
torch::Tensor checked_gradients(const torch::Tensor& gradients);

}  // namespace selection
