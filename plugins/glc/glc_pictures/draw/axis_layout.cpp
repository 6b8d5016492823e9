#include "glc/glc_pictures/draw/axis_layout.h"

#include <algorithm>
#include <cmath>

namespace glc {

std::vector<Axis> axes_of(const std::vector<Interval>& ranges,
                          const std::vector<std::size_t>& order, const std::vector<bool>& reversed,
                          const std::vector<double>& weights, double weight) {
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto k = order[i];
    axes.push_back(
        {k, ranges[k].lower, ranges[k].upper, reversed[k], weights.empty() ? weight : weights[i]});
  }
  return axes;
}

// w x = w low + w range u, or, reversed, w high - w range u.
void lay_sum(View& view, const std::vector<double>& weights, double cut) {
  std::erase_if(view.axes, [&](const Axis& axis) { return weights[axis.column] == 0; });
  view.origin = 0;
  for (auto& axis : view.axes) {
    const double w = weights[axis.column];
    const double range = axis.high > axis.low ? axis.high - axis.low : 1;
    axis.weight = axis.reversed ? -w * range : w * range;
    view.origin += w * (axis.reversed ? axis.low + range : axis.low);
  }
  const auto used = std::count_if(weights.begin(), weights.end(), [](double w) { return w != 0; });
  if (std::ssize(view.axes) == used) view.cut = cut - view.origin;
}

void lay_flat(View& view, bool always) {
  double most = 0;
  for (const auto& axis : view.axes) most = std::max(most, std::abs(axis.weight));
  if (most == 0 || (most <= 1 && !always)) return;
  for (auto& axis : view.axes) axis.weight /= most;
  view.unit = most;
  if (view.cut) *view.cut /= most;
}

}  // namespace glc
