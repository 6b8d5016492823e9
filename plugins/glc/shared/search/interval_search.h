// The best stretch of a row of counts, exactly and in one pass.
#pragma once

#include <cstdint>
#include <span>

namespace glc {

/// What an area must have to become a rule.
struct Demand {
  double purity = 1;       // share of the cases in it that are of its class
  std::int64_t least = 1;  // cases of its class
};

struct Stretch {
  std::int64_t right = 0;  // cases of the class within it; 0: there is none
  std::size_t first = 0, last = 0;
};

/// The stretch first..last of `right` (cases of a class at each place) and `total` (all cases
/// there) with the most cases of the class, among those of the purity that is asked for; of equals
/// the one that begins first, then the one that ends first. Takes O(places).
Stretch best_stretch(std::span<const std::int64_t> right, std::span<const std::int64_t> total,
                     const Demand& demand);

}  // namespace glc
