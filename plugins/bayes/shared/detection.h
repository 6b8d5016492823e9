// How well a score tells two kinds of samples apart.
#pragma once

#include <torch/types.h>

namespace bayes {

struct Detection {
  double auroc;  // P(a positive scores higher) + P(both score the same) / 2
  double aupr;   // average precision: sum over thresholds of (recall step) * precision
  double fpr95;  // fraction of negatives at or above the highest threshold that at least 95 % of
                 // the positives reach
};

/// `positive` [P] and `negative` [M] are scores, float64; both have samples. Samples of one score
/// are one threshold.
Detection detect(const torch::Tensor& positive, const torch::Tensor& negative);

}  // namespace bayes
