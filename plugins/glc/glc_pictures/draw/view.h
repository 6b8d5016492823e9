// How rows are to be drawn: in which coordinates, and what lies on which axis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glc/glc_pictures/coordinates/coordinates.h"

namespace glc {

/// What the height of a link of in-line coordinates tells.
enum class Heights {
  kDifference,  // how far apart its two values are; of kDynamic, its length
  kValue,       // at each end the value there
  kEven,        // nothing
};
/// "difference", "value", "even".
Heights heights_of(const std::string& name);

struct View {
  Kind kind = Kind::kStatic;
  Heights heights = Heights::kDifference;
  std::vector<Axis> axes;
  std::vector<std::string> columns, classes;
  std::size_t most = 2000;  // rows drawn; of more, evenly spaced ones
  // Where values are added up: where end points are parted, and what x means, origin + unit * x.
  std::optional<double> cut = {};
  double origin = 0, unit = 1;

  bool in_line() const { return kind == Kind::kStatic || kind == Kind::kDynamic; }
  bool adds_up() const { return kind == Kind::kDynamic || kind == Kind::kLinear; }
  /// Axes side by side on the page.
  std::size_t places() const { return kind == Kind::kPaired ? (axes.size() + 1) / 2 : axes.size(); }
};

}  // namespace glc
