// The bargaining solution of Nash-MTL.
#pragma once

#include <vector>

#include "assay/sdk/tensors.h"

/// The alpha > 0 with alpha_i (C alpha)_i = 1 for all i, C the inner products of the gradients:
/// exact up to rounding. Where the gradients' hull comes within 1e-6 of 0, as a share of their
/// lengths, no direction serves all terms, and alpha is 0.
std::vector<double> bargain(const assay::Gram& gram);
