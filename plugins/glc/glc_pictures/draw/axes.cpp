#include "glc/glc_pictures/draw/axes.h"

#include <fmt/core.h>

namespace glc {
namespace {

using enum Canvas::Align;

constexpr Color kGray{0.6, 0.6, 0.6}, kBlack{0.13, 0.13, 0.13};
constexpr double kNames = Frame::kHeight - 10, kScales = Frame::kHeight - 24;

std::string in_short(double x) {
  return assay::format_short(x, 4);
}

class Axes {
 public:
  Axes(Canvas& canvas, const View& view, const Frame& frame)
      : canvas_(canvas), view_(view), frame_(frame) {}

  void draw() const {
    if (view_.adds_up()) return sum();
    for (std::size_t i = 0; i < view_.axes.size(); ++i) {
      const auto at = static_cast<double>(view_.kind == Kind::kPaired ? i / 2 : i);
      if (view_.kind == Kind::kParallel) {
        canvas_.line({frame_.on_page({at, 0}), frame_.on_page({at, 1})}, kGray, 1);
        name(at, kNames, i);
        standing_scale({at, 0}, {at, 1}, i);
      } else if (view_.kind == Kind::kStatic) {
        canvas_.line({frame_.on_page({at, 0}), frame_.on_page({at + 1, 0})}, kGray, 1);
        for (const double end : {at, at + 1}) canvas_.dot(frame_.on_page({end, 0}), 2.5, kGray);
        lying_scale(at, i);
      } else if (i % 2 == 0) {
        canvas_.box(frame_.on_page({at, 0}), frame_.on_page({at + 1, 1}), {1, 1, 1, 0}, kGray);
        lying_scale(at, i);
      } else {
        name(at + 0.5, Frame::kTitle + 8, i);
        standing_scale({at, 0}, {at, 0.96}, i);
      }
    }
  }

 private:
  // The line on which sums end, and in words what is laid.
  void sum() const {
    canvas_.line({frame_.on_page({frame_.low_x, 0}), frame_.on_page({frame_.high_x, 0})}, kGray, 1);
    mark(frame_.low_x, kLeft);
    mark(frame_.high_x, kRight);
    if (view_.cut) {
      canvas_.line(
          {frame_.on_page({*view_.cut, frame_.low_y}), frame_.on_page({*view_.cut, frame_.high_y})},
          kBlack, 1.5);
      mark(*view_.cut, kMiddle);
    }
    std::string all;
    for (std::size_t i = 0; i < view_.axes.size(); ++i) all += (i > 0 ? ", " : "") + name_of(i);
    canvas_.text({Frame::kMargin, kNames}, "laid in this order: " + all, 11, kLeft);
  }

  void mark(double x, Canvas::Align align) const {
    canvas_.text({frame_.on_page({x, 0}).x, kScales}, in_short(view_.origin + view_.unit * x), 9,
                 align);
  }

  std::string name_of(std::size_t i) const {
    const auto& axis = view_.axes[i];
    auto words = view_.columns[axis.column];
    if (axis.reversed) words += " (reversed)";
    return axis.weight == 1 ? words : in_short(axis.weight) + " " + words;
  }

  void name(double x, double y, std::size_t i) const {
    canvas_.text({frame_.on_page({x, 0}).x, y}, name_of(i), 11, kMiddle);
  }

  // The values at the two ends of an axis.
  void lying_scale(double at, std::size_t i) const {
    const auto& axis = view_.axes[i];
    canvas_.text({frame_.on_page({at, 0}).x + 3, kScales}, in_short(axis.value(0)), 9, kLeft);
    canvas_.text({frame_.on_page({at + 1, 0}).x - 3, kScales}, in_short(axis.value(1)), 9, kRight);
    name(at + 0.5, kNames, i);
  }

  void standing_scale(Point low, Point high, std::size_t i) const {
    for (const auto& [place, u] : {std::pair{low, 0.0}, std::pair{high, 1.0}}) {
      const auto at = frame_.on_page(place);
      canvas_.text({at.x + 4, at.y - 3}, in_short(view_.axes[i].value(u)), 9, kLeft);
    }
  }

  Canvas& canvas_;
  const View& view_;
  const Frame& frame_;
};

}  // namespace

void draw_axes(Canvas& canvas, const View& view, const Frame& frame) {
  Axes(canvas, view, frame).draw();
}

}  // namespace glc
