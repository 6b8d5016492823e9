// The capped simplex {s : 0 <= s_i <= cap, sum s_i = 1}: weights of which none is too large.
#pragma once

#include <cstdint>
#include <span>

namespace selection {

/// The nearest point of it, in place, exactly up to rounding: s_i = clamp(v_i - t, 0, cap) for the
/// t at which they add up to 1. Needs cap * size >= 1. Takes a few passes.
void project(std::span<double> v, double cap);

/// The smallest <gradient, s> over it. Takes O(size).
double smallest(std::span<const double> gradient, double cap);

}  // namespace selection
