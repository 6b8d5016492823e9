// Samples: features of a split with their classes and groups, and how they are divided.
#pragma once

#include <utility>

#include "assay/sdk/prediction.h"

struct Samples {
  torch::Tensor x;         // [N, D] double
  torch::Tensor y, group;  // [N] int64
};

/// On the CPU, of the model in eval mode. Throws Error{kData} if the split is empty, and
/// Error{kPlugin} if the model gives no features.
Samples features_of(assay::Parts& parts, assay::Split split, std::int64_t batch,
                    const assay::Context& context);

/// As many samples of each group that is there as the smallest one has.
Samples balanced(const Samples& samples, const assay::Rng& rng);

/// Halves of each group's samples of a class; where their number is odd, the first has one more.
std::pair<Samples, Samples> halves(const Samples& samples, const assay::Rng& rng);

/// The smallest accuracy of a group, of argmax_k w_k x + b_k; `lines` is [classes, D + 1], b last.
double worst_group(const Samples& samples, const torch::Tensor& lines);
