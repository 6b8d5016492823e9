// A stretch (i, j] is pure enough where the sum of right - purity * total over it is not negative:
// where its excess at j is at least that at i. Cases grow with the length, so for each j the first
// such i is the best, and it is one at which the excess is lower than at all places before it.
#include "glc/shared/search/interval_search.h"

#include <algorithm>
#include <vector>

namespace glc {
namespace {

constexpr double kRounding = 1e-9;  // of purity * total

struct Place {
  std::size_t at;
  double excess;
};

}  // namespace

Stretch best_stretch(std::span<const std::int64_t> right, std::span<const std::int64_t> total,
                     const Demand& demand) {
  std::vector<Place> lows{{0, 0}};  // of the excess, ever lower
  std::vector<std::int64_t> sums(right.size() + 1);
  double excess = 0;
  Stretch best;
  for (std::size_t j = 1; j <= right.size(); ++j) {
    const auto here = right[j - 1], all = total[j - 1];
    sums[j] = sums[j - 1] + here;
    excess += static_cast<double>(here) - demand.purity * static_cast<double>(all);
    const auto slack = kRounding * (1 + static_cast<double>(sums[j]));
    const auto low = std::partition_point(
        lows.begin(), lows.end(), [&](const Place& p) { return p.excess > excess + slack; });
    if (low != lows.end()) {
      const auto found = sums[j] - sums[low->at];
      if (found >= demand.least && found > 0 &&
          (found > best.right || (found == best.right && low->at < best.first)))
        best = {found, low->at, j - 1};
    }
    if (excess < lows.back().excess) lows.push_back({j, excess});
  }
  return best;
}

}  // namespace glc
