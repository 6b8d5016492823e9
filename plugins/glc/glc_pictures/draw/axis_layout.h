// What lies on the axes of a view.
#pragma once

#include "glc/glc_pictures/draw/view.h"
#include "glc/shared/rules/rules.h"

namespace glc {

/// Axes for the columns `order`, from the low to the high end of each one's range. `reversed` is by
/// column; `weights`, by axis, may be empty for `weight` everywhere.
std::vector<Axis> axes_of(const std::vector<Interval>& ranges,
                          const std::vector<std::size_t>& order, const std::vector<bool>& reversed,
                          const std::vector<double>& weights, double weight);

/// Makes the axes add up to weights . x, less what does not vary (view.origin): columns without a
/// weight leave the view, and x is parted at `cut` if all columns that have one are laid.
void lay_sum(View& view, const std::vector<double>& weights, double cut);

/// Of kLinear: divides weights by the largest, which is laid flat; where none is above 1, only if
/// asked to.
void lay_flat(View& view, bool always);

}  // namespace glc
