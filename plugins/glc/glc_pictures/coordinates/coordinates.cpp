#include "glc/glc_pictures/coordinates/coordinates.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "assay/error.h"

namespace glc {
namespace {

constexpr std::array<const char*, 5> kNames{"static", "paired", "dynamic", "glc_l", "parallel"};

// Of length 1, so that a step's length is the value itself.
Point direction(double weight) {
  return {weight, std::sqrt(std::max(0.0, 1 - weight * weight))};
}

std::vector<double> units(std::span<const Axis> axes, std::span<const float> row) {
  std::vector<double> all;
  for (const auto& axis : axes) all.push_back(axis.unit(row[axis.column]));
  return all;
}

std::vector<double> units_of(Kind kind, std::span<const Axis> axes, std::span<const Point> points) {
  std::vector<double> u(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto at = static_cast<double>(i);
    switch (kind) {
      case Kind::kStatic:
        u[i] = points[i].x - at;
        break;
      case Kind::kPaired:
        u[i] = i % 2 == 0 ? points[i / 2].x - at / 2 : points[i / 2].y;
        break;
      case Kind::kDynamic:
        u[i] = (points[i + 1].x - points[i].x) / axes[i].weight;
        break;
      case Kind::kLinear: {
        const auto [x, y] = direction(axes[i].weight);
        u[i] = (points[i + 1].x - points[i].x) * x + (points[i + 1].y - points[i].y) * y;
        break;
      }
      case Kind::kParallel:
        u[i] = points[i].y;
        break;
    }
  }
  return u;
}

}  // namespace

double Axis::unit(double x) const {
  const double u = (x - low) / (high > low ? high - low : 1);
  return reversed ? 1 - u : u;
}

double Axis::value(double u) const {
  return low + (reversed ? 1 - u : u) * (high > low ? high - low : 1);
}

Kind kind_of(const std::string& name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "there are no coordinates `" + name +
                           "`; available are static, paired, dynamic, glc_l and parallel");
  return static_cast<Kind>(it - kNames.begin());
}

std::vector<Point> encode(Kind kind, std::span<const Axis> axes, std::span<const float> row) {
  const auto u = units(axes, row);
  std::vector<Point> points;
  if (kind == Kind::kDynamic || kind == Kind::kLinear) points.push_back({0, 0});
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto at = static_cast<double>(i);
    switch (kind) {
      case Kind::kStatic:
        points.push_back({at + u[i], 0});
        break;
      case Kind::kPaired:
        if (i % 2 == 0) points.push_back({at / 2 + u[i], u[i]});  // a last one stands for itself
        if (i % 2 == 1) points.back().y = u[i];
        break;
      case Kind::kDynamic:
        points.push_back({points.back().x + axes[i].weight * u[i], 0});
        break;
      case Kind::kLinear: {
        const auto [x, y] = direction(axes[i].weight);
        points.push_back({points.back().x + u[i] * x, points.back().y + u[i] * y});
        break;
      }
      case Kind::kParallel:
        points.push_back({at, u[i]});
        break;
    }
  }
  return points;
}

std::vector<double> decode(Kind kind, std::span<const Axis> axes, std::span<const Point> points,
                           std::size_t columns) {
  const auto u = units_of(kind, axes, points);
  std::vector<double> row(columns);
  for (std::size_t i = 0; i < axes.size(); ++i) row[axes[i].column] = axes[i].value(u[i]);
  return row;
}

}  // namespace glc
