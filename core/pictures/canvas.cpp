#include "assay/sdk/canvas.h"

#include <array>
#include <memory>

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include "assay/error.h"

namespace assay {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

cairo_status_t append(void* to, const unsigned char* bytes, unsigned int size) {
  static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(ErrorKind::kIo,
                std::string("cannot draw the picture: ") + cairo_status_to_string(status));
}

void draw_on(cairo_surface_t* surface, double scale, const Drawing& draw) {
  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> on(cairo_create(surface), cairo_destroy);
  cairo_scale(on.get(), scale, scale);
  cairo_set_source_rgb(on.get(), 1, 1, 1);
  cairo_paint(on.get());
  cairo_set_line_join(on.get(), CAIRO_LINE_JOIN_ROUND);
  cairo_select_font_face(on.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  Canvas canvas(on.get());
  draw(canvas);
  check(cairo_status(on.get()));
}

}  // namespace

Color color_of(std::size_t k) {
  constexpr std::array<Color, 7> kColors{{{0.00, 0.45, 0.70},
                                          {0.84, 0.37, 0.00},
                                          {0.00, 0.62, 0.45},
                                          {0.80, 0.47, 0.65},
                                          {0.90, 0.62, 0.00},
                                          {0.34, 0.71, 0.91},
                                          {0.35, 0.35, 0.35}}};
  return kColors[k % kColors.size()];
}

void Canvas::ink(const Color& color, double width) {
  cairo_set_source_rgba(on_, color.red, color.green, color.blue, color.alpha);
  cairo_set_line_width(on_, width);
}

void Canvas::line(const std::vector<Point>& points, const Color& color, double width) {
  ink(color, width);
  cairo_new_path(on_);  // text leaves a point behind
  for (const auto& [x, y] : points) cairo_line_to(on_, x, y);
  cairo_stroke(on_);
}

void Canvas::curve(Point from, Point first, Point second, Point to, const Color& color,
                   double width) {
  ink(color, width);
  cairo_move_to(on_, from.x, from.y);
  cairo_curve_to(on_, first.x, first.y, second.x, second.y, to.x, to.y);
  cairo_stroke(on_);
}

void Canvas::dot(Point at, double radius, const Color& color) {
  ink(color, 0);
  cairo_new_path(on_);
  cairo_arc(on_, at.x, at.y, radius, 0, 6.283185307179586);
  cairo_fill(on_);
}

void Canvas::box(Point from, Point to, const Color& fill, const Color& edge) {
  cairo_rectangle(on_, from.x, from.y, to.x - from.x, to.y - from.y);
  ink(fill, 1.5);
  cairo_fill_preserve(on_);
  ink(edge, 1.5);
  cairo_stroke(on_);
}

void Canvas::text(Point at, const std::string& words, double size, Align align) {
  ink({0.13, 0.13, 0.13}, 1);
  cairo_set_font_size(on_, size);
  cairo_text_extents_t extents;
  cairo_text_extents(on_, words.c_str(), &extents);
  const double back = align == Align::kLeft     ? 0
                      : align == Align::kMiddle ? extents.x_advance / 2
                                                : extents.x_advance;
  cairo_move_to(on_, at.x - back, at.y);
  cairo_show_text(on_, words.c_str());
}

std::string format_short(double value, int digits) {
  return fmt::format("{:.{}g}", value, digits);
}

std::string draw_svg(double width, double height, const Drawing& draw) {
  std::string bytes;
  const Surface surface(cairo_svg_surface_create_for_stream(append, &bytes, width, height),
                        cairo_surface_destroy);
  draw_on(surface.get(), 1, draw);
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()));
  return bytes;
}

std::string draw_png(double width, double height, const Drawing& draw) {
  std::string bytes;
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(2 * width),
                                                   static_cast<int>(2 * height)),
                        cairo_surface_destroy);
  draw_on(surface.get(), 2, draw);
  check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

}  // namespace assay
