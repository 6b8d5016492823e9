// L1-regularized logistic regression of two classes, by LIBLINEAR.
#pragma once

#include <torch/types.h>

/// v = (w, b) that minimizes |v|_1 + c sum_i log(1 + exp(-y_i (w x_i + b))): [D + 1] double, b
/// last. `x` is [N, D] double; y_i is 1 where `positive` [N] bool holds, -1 elsewhere. The order in
/// which coordinates are visited is drawn from `seed`.
torch::Tensor fit_logistic(const torch::Tensor& x, const torch::Tensor& positive, double c,
                           std::uint32_t seed);
