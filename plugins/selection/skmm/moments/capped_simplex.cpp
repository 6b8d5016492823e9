#include "selection/skmm/moments/capped_simplex.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace selection {

// The sum is piecewise linear in t and falls: Newton's step from any t, held between two t that are
// known to lie on either side.
void project(std::span<double> v, double cap) {
  const auto [least, most] = std::minmax_element(v.begin(), v.end());
  double low = *least - cap, high = *most;  // sums of size * cap and of 0
  double t = (low + high) / 2;
  for (int pass = 0; pass < 200; ++pass) {
    double sum = 0;
    std::int64_t moving = 0;
    for (const auto x : v) {
      const double s = x - t;
      sum += std::clamp(s, 0.0, cap);
      moving += s > 0 && s < cap;
    }
    if (sum == 1) break;
    (sum > 1 ? low : high) = t;
    double next = moving > 0 ? t + (sum - 1) / static_cast<double>(moving) : (low + high) / 2;
    if (next <= low || next >= high) next = (low + high) / 2;
    if (next == t || high - low <= 1e-16 * (std::abs(low) + std::abs(high))) break;
    if (moving > 0 && std::abs(next - t) <= 1e-17 * std::max(1.0, std::abs(t))) break;
    t = next;
  }
  for (auto& x : v) x = std::clamp(x - t, 0.0, cap);
}

// Weight `cap` on the smallest entries, and what is left over on the next.
double smallest(std::span<const double> gradient, double cap) {
  std::vector<double> sorted(gradient.begin(), gradient.end());
  const auto whole = std::min(static_cast<std::size_t>(1 / cap + 1e-9), sorted.size());
  if (whole < sorted.size())
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(whole),
                     sorted.end());
  double sum = 0;
  for (std::size_t k = 0; k < whole; ++k) sum += cap * sorted[k];
  const double left = 1 - cap * static_cast<double>(whole);
  return whole < sorted.size() && left > 0 ? sum + left * sorted[whole] : sum;
}

}  // namespace selection
