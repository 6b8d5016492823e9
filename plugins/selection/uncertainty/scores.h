// How uncertain the model is of a sample's class.
#pragma once

#include "assay/selector.h"

namespace selection {

/// From `logits` [N, C], with p = softmax(logits). Each returns [N] double, high where the model is
/// uncertain.
torch::Tensor entropy(const assay::Pool& pool);           // -sum_c p_c log p_c
torch::Tensor margin(const assay::Pool& pool);            // second largest p minus the largest
torch::Tensor least_confidence(const assay::Pool& pool);  // 1 - max_c p_c

}  // namespace selection
