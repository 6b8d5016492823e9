// Convex combinations of a few vectors that are given by their inner products.
#pragma once

#include <vector>

#include "assay/sdk/tensors.h"

namespace assay {

/// Returns the weights w >= 0 with sum 1 that minimize |sum_k w_k g_k|, exact up to rounding.
/// `gram` holds the inner products of the g_k, at least one. The shortest vector is unique; if
/// several w give it, as with two equal g_k, one of them is returned. Wolfe, "Finding the nearest
/// point in a polytope", Mathematical Programming 1976.
std::vector<double> shortest_in_hull(const Gram& gram);

}  // namespace assay
