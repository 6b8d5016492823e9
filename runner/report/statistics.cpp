// Student's t from Boost.Math.
#include "runner/report/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

namespace assay {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Summary summarize(const std::vector<double>& values) {
  Summary s;
  s.count = static_cast<int>(values.size());
  if (values.empty()) return s;
  for (const double x : values) s.mean += x / s.count;
  double squares = 0;
  for (const double x : values) squares += (x - s.mean) * (x - s.mean);
  if (s.count > 1) s.deviation = std::sqrt(squares / (s.count - 1));
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const bool lost =
      std::any_of(values.begin(), values.end(), [](double x) { return std::isnan(x); });
  s.low = lost ? kNaN : *low;
  s.high = lost ? kNaN : *high;
  return s;
}

Paired paired_difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  double size = 0;
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    differences.push_back(a[k] - b[k]);
    size = std::max({size, std::abs(a[k]), std::abs(b[k])});
  }
  const Summary s = summarize(differences);
  Paired paired{s.count, s.mean};
  constexpr double kRounding = 1e-12;
  if (s.count < 2 || s.deviation <= kRounding * size) return paired;
  const boost::math::students_t t(s.count - 1);
  const double error = s.deviation / std::sqrt(s.count);
  paired.half_width = boost::math::quantile(t, 0.975) * error;
  paired.p = std::isfinite(error) && std::isfinite(s.mean)
                 ? 2 * boost::math::cdf(boost::math::complement(t, std::abs(s.mean) / error))
                 : kNaN;
  return paired;
}

std::vector<double> correct_by_holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t k) { return std::isnan(p[k]); });
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  auto corrected = p;
  double largest = 0;
  auto left = static_cast<double>(p.size());  // tests that are not yet corrected
  for (const auto k : order) {
    largest = std::max(largest, std::min(1.0, left-- * p[k]));
    corrected[k] = largest;
  }
  return corrected;
}

}  // namespace assay
