#include "glc/glc_pictures/draw/frame.h"

#include <algorithm>

namespace glc {

namespace {

constexpr double kAxis = 150, kWidest = 12000;  // what cairo can still make a PNG of

}  // namespace

Heights heights_of(const std::string& name) {
  return name == "value" ? Heights::kValue : name == "even" ? Heights::kEven : Heights::kDifference;
}

std::vector<float> row_of(const Table& table, std::uint32_t row) {
  std::vector<float> values;
  for (const auto& column : table.columns) values.push_back(column[row]);
  return values;
}

Frame frame_of(const View& view, const Table& table, const Rows& rows) {
  const auto places = static_cast<double>(view.places());
  Frame made{0,
             places,
             view.in_line() ? -1.0 : 0.0,
             1,
             Frame::kMargin,
             Frame::kMargin + std::min(kAxis * std::max(3.0, places), kWidest),
             Frame::kTitle + 14,
             Frame::kHeight - 38};
  if (view.kind == Kind::kParallel) made.high_x -= 1;
  if (view.adds_up()) {
    made.high_x = 0;
    for (const auto row : rows)
      for (const auto& [x, y] : encode(view.kind, view.axes, row_of(table, row))) {
        made.low_x = std::min(made.low_x, x);
        made.high_x = std::max(made.high_x, x);
        made.high_y = std::max(made.high_y, y);
      }
  }
  if (made.high_x <= made.low_x) made.high_x = made.low_x + 1;
  return made;
}

}  // namespace glc
