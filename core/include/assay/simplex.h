// Convex combinations of a few vectors, known by their inner products.
#pragma once

#include <vector>

#include "assay/tensors.h"

namespace assay {

/// Weights w >= 0 that add up to 1 and make |sum_k w_k g_k| smallest, from the inner products of
/// the g_k: exactly, up to rounding. The shortest vector is unique; where several w give it, as
/// with two equal g_k, this is one of them. At least one vector is needed.
std::vector<double> shortest_in_hull(const Gram& gram);

}  // namespace assay
