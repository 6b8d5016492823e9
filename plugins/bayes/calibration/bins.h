// Bins of confidences, and what calibration errors are made of.
#pragma once

#include <vector>

#include <torch/types.h>

struct Bin {
  double samples = 0, confidence = 0, right = 0;  // sums over its samples
  double gap() const;                             // |accuracy - mean confidence|; 0 if it is empty
};

/// Which of `bins` bins of equal width each confidence is in: bin m holds (m / bins, (m + 1) /
/// bins], and the first one 0 too. The comparisons are those of float64. `left`: [m / bins, (m + 1)
/// / bins).
torch::Tensor find_bins_of_equal_width(const torch::Tensor& confidence, std::int64_t bins,
                                       bool left);

/// The same for bins of equal mass: ranks in ascending order, cut into parts whose sizes differ by
/// one at most; equal confidences stay in the order of the samples.
torch::Tensor find_bins_of_equal_mass(const torch::Tensor& confidence, std::int64_t bins);

/// `confidence` [N] float64, `right` [N] float64 of 0 and 1, `place` [N] from the functions above.
std::vector<Bin> sum_over_bins(const torch::Tensor& confidence, const torch::Tensor& right,
                               const torch::Tensor& place, std::int64_t bins);

double compute_expected_error(const std::vector<Bin>& bins);  // sum of (samples / N) * gap
double find_largest_error(const std::vector<Bin>& bins);
