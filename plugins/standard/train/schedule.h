// The factor by which the step size is multiplied at each step.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

#include "assay/value.h"

struct LearningRate {
  std::string schedule = "constant";
  std::int64_t warmup = 0;  // steps
  assay::Reals milestones;  // fractions of all steps
  double gamma = 0.1;
  double final_factor = 0;  // of cosine
  double offset = 1, power = 0.5;
  std::int64_t steps_per_unit = 1;  // of `power`: an epoch's, or 1

  /// Factor of step `step` of `steps`: a linear warm-up, then the schedule over what is left.
  double at(std::int64_t step, std::int64_t steps) const {
    if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
    if (schedule == "cosine") return cosine(step, steps);
    if (schedule == "step") return stepped(step, steps);
    if (schedule == "power") return powered(step);
    return 1;
  }

 private:
  // Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5, without restarts.
  double cosine(std::int64_t step, std::int64_t steps) const {
    const double done = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
    return final_factor + (1 - final_factor) * 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
  // Of the step sizes of Welling and Teh, "Bayesian learning via stochastic gradient Langevin
  // dynamics", ICML 2011, section 3: a (b + t)^-gamma, with t in epochs or steps.
  double powered(std::int64_t step) const {
    return std::min(1.0, std::pow(offset + static_cast<double>(step / steps_per_unit), -power));
  }
  double stepped(std::int64_t step, std::int64_t steps) const {
    double factor = 1;
    for (const double milestone : milestones)
      if (static_cast<double>(step) >= milestone * static_cast<double>(steps)) factor *= gamma;
    return factor;
  }
};
