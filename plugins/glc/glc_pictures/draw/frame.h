// From coordinates to points of the page.
#pragma once

#include "glc/glc_pictures/draw/view.h"
#include "glc/shared/search/table.h"

namespace glc {

struct Frame {
  static constexpr double kMargin = 48, kTitle = 64, kHeight = 460;

  double low_x, high_x, low_y, high_y;  // of the coordinates
  double left, right, top, bottom;      // on the page

  Point on_page(Point p) const {
    return {left + (p.x - low_x) / (high_x - low_x) * (right - left),
            bottom - (p.y - low_y) / (high_y - low_y) * (bottom - top)};
  }
  double width() const { return right + kMargin; }
};

/// In which these rows have room.
Frame frame_of(const View& view, const Table& table, const Rows& rows);

std::vector<float> row_of(const Table& table, std::uint32_t row);

}  // namespace glc
