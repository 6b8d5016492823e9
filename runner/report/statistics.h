// Statistics of a few seeds: means, spreads and paired differences.
#pragma once

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

/// The paired t test of a - b. With fewer than two pairs there is no interval.
struct Paired {
  int count = 0;
  double mean = 0;
  double half_width = 0;  // of the 95 % confidence interval of the mean difference
  double p = 1;           // two-sided
};
Paired paired_difference(const std::vector<double>& a, const std::vector<double>& b);

/// The p-values of a family of tests, corrected for their number: Holm, "A simple sequentially
/// rejective multiple test procedure", Scandinavian Journal of Statistics 1979. One that is not a
/// number counts as a test and stays as it is.
std::vector<double> correct_by_holm(const std::vector<double>& p);

}  // namespace assay
