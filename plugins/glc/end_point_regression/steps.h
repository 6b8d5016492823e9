// Functions of one number that are constant on pieces: what end points say about a target.
#pragma once

#include <vector>

namespace glc {

/// value[k] from at[k] on (the first also before it), up to at[k + 1].
struct Steps {
  std::vector<double> at, value;

  double operator()(double x) const;
};

/// Sorted by `x`; of equal x the targets are averaged.
struct Points {
  std::vector<double> x, y, weight;
};
Points sorted_points(std::vector<double> x, const std::vector<double>& y);

/// The non-decreasing steps with the least sum of squares (Ayer et al., 1955: adjacent violators
/// are pooled); non-increasing ones where they fit better. Borders lie midway between two points.
Steps isotonic(const Points& points);

/// The steps of at most `pieces` pieces with the least sum of squares, exactly, by dynamic
/// programming over at most 512 levels of the points.
Steps piecewise(const Points& points, std::size_t pieces);

}  // namespace glc
