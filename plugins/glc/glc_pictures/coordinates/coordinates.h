// General line coordinates: rows of numbers as lines in the plane, and back, without loss.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "assay/sdk/canvas.h"

namespace glc {

/// Where a column lies and how it is laid. u = (x - low) / (high - low), or 1 - u where reversed.
struct Axis {
  std::size_t column = 0;
  double low = 0, high = 1;  // a column of one value is not stretched
  bool reversed = false;
  double weight = 1;

  double unit(double x) const;
  double value(double u) const;
};

using assay::Point;

enum class Kind {
  kStatic,    // in-line: all axes end to end on one line, axis i from i to i + 1; y is 0
  kPaired,    // in-line, a point for two columns: x as in kStatic, y the other one's u
  kDynamic,   // in-line, each value from where the last one ended: x grows by weight * u; y is 0
  kLinear,    // GLC-L: steps of length u at the angle arccos(weight), for weights in [-1, 1]
  kParallel,  // axis i stands at x = i; y is u
};
/// "static", "paired", "dynamic", "glc_l", "parallel".
Kind kind_of(const std::string& name);

/// The points of one row of numbers, which a line joins. kDynamic and kLinear begin at (0, 0).
std::vector<Point> encode(Kind kind, std::span<const Axis> axes, std::span<const float> row);

/// The row again, columns that have no axis being 0. Axes of kDynamic need weights that are not 0.
std::vector<double> decode(Kind kind, std::span<const Axis> axes, std::span<const Point> points,
                           std::size_t columns);

}  // namespace glc
