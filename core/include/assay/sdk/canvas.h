// Canvas: what pictures are drawn on, SVG and PNG alike, by cairo. Link assay::pictures.
#pragma once

#include <functional>
#include <string>
#include <vector>

using cairo_t = struct _cairo;

namespace assay {

struct Point {
  double x = 0, y = 0;
};

struct Color {
  double red, green, blue, alpha = 1;

  Color faded(double to) const { return {red, green, blue, to}; }
};

/// Of class k: Okabe and Ito's colors, which color-blind people too can tell apart.
Color color_of(std::size_t k);

/// In points, y downwards.
class Canvas {
 public:
  explicit Canvas(cairo_t* on) : on_(on) {}

  void line(const std::vector<Point>& points, const Color& color, double width);
  void curve(Point from, Point first, Point second, Point to, const Color& color, double width);
  void dot(Point at, double radius, const Color& color);
  void box(Point from, Point to, const Color& fill, const Color& edge);
  enum class Align { kLeft, kMiddle, kRight };
  void text(Point at, const std::string& words, double size, Align align);

 private:
  void ink(const Color& color, double width);

  cairo_t* on_;
};

/// In at most `digits` significant digits: "0.25", "1.5e+04".
std::string format_short(double value, int digits = 3);

using Drawing = std::function<void(Canvas&)>;

/// The bytes of a file. Throws Error{kIo} if cairo fails.
std::string draw_svg(double width, double height, const Drawing& draw);
std::string draw_png(double width, double height, const Drawing& draw);  // at two pixels a point

}  // namespace assay
