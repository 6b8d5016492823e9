// Statistics of a few seeds: means, spreads and paired differences.
#pragma once

#include <optional>
#include <vector>

namespace assay {

/// A value that is no number makes no number of what it enters into.
struct Summary {
  int count = 0;
  double mean = 0;
  double deviation = 0;  // of the sample, n - 1 below the line; 0 for a single value
  double low = 0, high = 0;
};
Summary summarize(const std::vector<double>& values);

/// The paired t test of a - b. There is no interval with fewer than two pairs, and none if all
/// differences are equal up to rounding: they would have an interval without width.
struct Paired {
  int count = 0;
  double mean = 0;
  std::optional<double> half_width = {};  // of the 95 % confidence interval of the mean difference
  std::optional<double> p = {};           // two-sided
};
Paired paired_difference(const std::vector<double>& a, const std::vector<double>& b);

/// The p-values of a family of tests, corrected for their number: Holm, "A simple sequentially
/// rejective multiple test procedure", Scandinavian Journal of Statistics 1979. One that is not a
/// number counts as a test and stays as it is.
std::vector<double> correct_by_holm(const std::vector<double>& p);

}  // namespace assay
