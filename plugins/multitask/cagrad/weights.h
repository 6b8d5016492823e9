// The direction of CAGrad, as weights of the gradients.
#pragma once

#include <vector>

#include "assay/sdk/tensors.h"

/// Weights of the d that makes min_k <g_k, d> largest with |d - g0| <= c |g0|, g0 the mean of the
/// gradients g_k: exact up to rounding.
std::vector<double> conflict_averse(const assay::Gram& gram, double c);
