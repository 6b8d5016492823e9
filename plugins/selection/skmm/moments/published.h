// The solver as it was published with the paper's synthetic experiment, for comparison.
#pragma once

#include <functional>

#include "selection/skmm/moments/program.h"

namespace selection {

/// Adam on (s, gamma); after each step s is clamped to [0, 1/n] and divided by its sum, which is no
/// projection, and gamma clamped to 1/c from below. Keeps the s after the step whose objective,
/// before the step, was the least. `s` [N] and `gamma` [m] are where it begins. `watch` is told the
/// objective before each step.
torch::Tensor published_moments(const Moments& moments, std::int64_t n, double c, double lr,
                                std::int64_t steps, torch::Tensor s, torch::Tensor gamma,
                                const std::function<void(double)>& watch = {});

}  // namespace selection
