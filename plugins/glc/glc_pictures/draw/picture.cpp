#include "glc/glc_pictures/draw/picture.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "glc/glc_pictures/draw/axes.h"
#include "glc/shared/rules/words.h"

namespace glc {
namespace {

Rows evenly(const Rows& rows, std::size_t most) {
  const auto step = std::max<std::size_t>(1, (rows.size() + most - 1) / most);
  Rows some;
  for (std::size_t k = 0; k < rows.size(); k += step) some.push_back(rows[k]);
  return some;
}

class Painter {
 public:
  /// Draws `drawn`, of so many rows.
  Painter(const View& view, const Table& table, Rows drawn, std::size_t rows)
      : view_(view),
        table_(table),
        drawn_(std::move(drawn)),
        rows_(rows),
        frame_(frame_of(view_, table_, drawn_)) {}

  double width() const { return frame_.width(); }

  void title(Canvas& canvas, const std::string& words) const {
    canvas.text({Frame::kMargin, 26}, words, 13, Canvas::Align::kLeft);
    double x = Frame::kMargin;
    for (std::size_t c = 0; c < view_.classes.size(); ++c) {
      canvas.dot({x + 4, 43}, 4, color_of(c));
      canvas.text({x + 13, 47}, view_.classes[c], 11, Canvas::Align::kLeft);
      x += 30 + 7 * static_cast<double>(view_.classes[c].size());
    }
    if (drawn_.size() < rows_)
      canvas.text({width() - Frame::kMargin, 47},
                  fmt::format("{} of {} rows drawn", drawn_.size(), rows_), 11,
                  Canvas::Align::kRight);
  }

  void axes(Canvas& canvas) const { draw_axes(canvas, view_, frame_); }

  void row(Canvas& canvas, std::uint32_t row, bool above, double alpha) const {
    const auto values = row_of(table_, row);
    const auto points = encode(view_.kind, view_.axes, values);
    const auto color = color_of(static_cast<std::size_t>(table_.target[row])).faded(alpha);
    std::vector<Point> page;
    for (const auto& point : points) page.push_back(frame_.on_page(point));
    if (page.size() == 1) return canvas.dot(page[0], 2, color);
    if (!view_.in_line()) return canvas.line(page, color, 1);
    const double side = (above ? -1 : 1) * (frame_.bottom - frame_.top) / 2;
    for (std::size_t k = 1; k < page.size(); ++k) {
      const auto [from, to] = pulls(values, k, std::abs(page[k].x - page[k - 1].x));
      canvas.curve(page[k - 1], {page[k - 1].x, page[k - 1].y + side * from},
                   {page[k].x, page[k].y + side * to}, page[k], color, 1);
    }
    if (view_.kind == Kind::kDynamic) canvas.dot(page.back(), 2, color);
  }

  void area(Canvas& canvas, const Rule& rule) const {
    not_drawn(canvas, rule);
    const auto color = color_of(static_cast<std::size_t>(rule.answer));
    for (std::size_t i = 0; i < view_.axes.size(); ++i) {
      const auto [from, to] = range(rule, i);
      if (from <= 0 && to >= 1) continue;
      const auto at = static_cast<double>(i);
      const auto band = [&](Point a, Point b) {
        canvas.box(frame_.on_page(a), frame_.on_page(b), color.faded(0.2), color);
      };
      if (view_.kind == Kind::kStatic) band({at + from, -0.05}, {at + to, 0.05});
      if (view_.kind == Kind::kParallel) band({at - 0.04, from}, {at + 0.04, to});
      if (view_.kind == Kind::kPaired) pair_area(rule, i, band);
    }
  }

  const Rows& drawn() const { return drawn_; }
  double alpha() const {
    return std::clamp(30 / std::sqrt(static_cast<double>(drawn_.size()) + 1), 0.08, 0.8);
  }

 private:
  // Bounds that have no place in this view, in words.
  void not_drawn(Canvas& canvas, const Rule& rule) const {
    std::string names;
    for (std::size_t k = 0; k < rule.box.size(); ++k) {
      const bool laid = std::any_of(view_.axes.begin(), view_.axes.end(),
                                    [&](const Axis& axis) { return axis.column == k; });
      if (!rule.box[k].free() && (view_.adds_up() || !laid))
        names += (names.empty() ? "" : ", ") + view_.columns[k];
    }
    if (!names.empty())
      canvas.text({Frame::kMargin, Frame::kTitle}, "bounds not drawn: " + names, 10,
                  Canvas::Align::kLeft);
  }

  // How high the two ends of link k stand, in halves of the picture. `length` in points.
  std::pair<double, double> pulls(std::span<const float> values, std::size_t k,
                                  double length) const {
    const auto unit = [&](std::size_t i) {
      const auto& axis = view_.axes[i];
      return axis.unit(values[axis.column]);
    };
    const bool runs = view_.kind == Kind::kDynamic;
    const double to = unit(runs ? k - 1 : k), from = unit(k - 1);
    if (view_.heights == Heights::kEven) return {0.7, 0.7};
    if (view_.heights == Heights::kValue) return {0.25 + from, 0.25 + to};
    const double high =
        0.25 + (runs ? length / (frame_.right - frame_.left) : std::min(1.0, std::abs(to - from)));
    return {high, high};
  }

  // Between 0 and 1 of axis i, and a little beyond where a side is free.
  std::pair<double, double> range(const Rule& rule, std::size_t i) const {
    const auto& axis = view_.axes[i];
    const auto& side = rule.box[axis.column];
    double from = axis.reversed ? axis.unit(side.upper) : axis.unit(side.lower);
    double to = axis.reversed ? axis.unit(side.lower) : axis.unit(side.upper);
    return {std::clamp(from, -0.02, 1.02), std::clamp(to, -0.02, 1.02)};
  }

  template <class Band>
  void pair_area(const Rule& rule, std::size_t i, const Band& band) const {
    const auto first = i - i % 2, second = std::min(first + 1, view_.axes.size() - 1);
    const auto x = range(rule, first), y = range(rule, second);
    const bool first_is_free = x.first <= 0 && x.second >= 1;
    if (i != first && !first_is_free) return;  // drawn with the first one
    const auto at = static_cast<double>(first) / 2;
    band({at + x.first, y.first}, {at + x.second, y.second});
  }

  const View& view_;
  const Table& table_;
  Rows drawn_;
  std::size_t rows_;
  Frame frame_;
};

}  // namespace

Picture picture_of(const View& view, const Table& table, const Rows& rows, std::string title) {
  const Painter painter(view, table, evenly(rows, view.most), rows.size());
  return {painter.width(), Frame::kHeight, [painter, title, &table](Canvas& canvas) {
            painter.title(canvas, title);
            painter.axes(canvas);
            for (const auto row : painter.drawn())
              painter.row(canvas, row, table.target[row] == 0, painter.alpha());
          }};
}

Picture picture_of(const View& view, const Table& table, const Rows& rows, const Rule& rule,
                   std::string title) {
  Rows cases, exceptions;
  for (const auto row : rows)
    if (table.holds(rule.box, row))
      (table.target[row] == rule.answer ? cases : exceptions).push_back(row);
  auto drawn = evenly(cases, view.most);
  const auto own = drawn.size();
  const auto others = evenly(exceptions, view.most);
  drawn.insert(drawn.end(), others.begin(), others.end());
  const Painter painter(view, table, drawn, cases.size() + exceptions.size());
  return {painter.width(), Frame::kHeight, [painter, title, rule, own](Canvas& canvas) {
            painter.title(canvas, title);
            painter.axes(canvas);
            painter.area(canvas, rule);
            for (std::size_t k = 0; k < painter.drawn().size(); ++k)
              painter.row(canvas, painter.drawn()[k], k < own, k < own ? painter.alpha() : 0.9);
          }};
}

std::string title_of(const Rules& rules, std::size_t rule, const Table& table, const Rows& rows,
                     const std::string& split) {
  const auto& [answer, box] = rules.rules[rule];
  std::int64_t right = 0, total = 0;
  for (const auto row : rows) {
    if (!table.holds(box, row)) continue;
    ++total;
    right += table.target[row] == answer;
  }
  return fmt::format("{}, rule {}: {} if {}; {} of {} right", split, rule + 1,
                     rules.classes[static_cast<std::size_t>(answer)], condition(box, rules.columns),
                     right, total);
}

}  // namespace glc
