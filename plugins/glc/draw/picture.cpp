#include "draw/picture.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "rules/words.h"

namespace glc {
namespace {

constexpr double kMargin = 48, kTitle = 64, kAxis = 150, kHeight = 460;

struct Frame {
  double low_x, high_x, low_y, high_y;  // of the coordinates
  double left, right, top, bottom;      // on the page

  Point on_page(Point p) const {
    return {left + (p.x - low_x) / (high_x - low_x) * (right - left),
            bottom - (p.y - low_y) / (high_y - low_y) * (bottom - top)};
  }
};

std::vector<float> row_of(const Table& table, std::uint32_t row) {
  std::vector<float> values;
  for (const auto& column : table.columns) values.push_back(column[row]);
  return values;
}

bool in_line(Kind kind) {
  return kind == Kind::kStatic || kind == Kind::kDynamic;
}

class Painter {
 public:
  Painter(const View& view, const Table& table, Rows rows)
      : view_(view), table_(table), rows_(std::move(rows)) {
    const auto step = std::max<std::size_t>(1, (rows_.size() + view.most - 1) / view.most);
    for (std::size_t k = 0; k < rows_.size(); k += step) drawn_.push_back(rows_[k]);
    width_ = 2 * kMargin + kAxis * static_cast<double>(std::max<std::size_t>(3, axes_on_page()));
    frame_ = frame();
  }

  double width() const { return width_; }

  void title(Canvas& canvas, const std::string& words) const {
    canvas.text({kMargin, 26}, words, 13, Canvas::Align::kLeft);
    double x = kMargin;
    for (std::size_t c = 0; c < view_.classes.size(); ++c) {
      canvas.dot({x + 4, 43}, 4, colour_of(c));
      canvas.text({x + 13, 47}, view_.classes[c], 11, Canvas::Align::kLeft);
      x += 30 + 7 * static_cast<double>(view_.classes[c].size());
    }
    if (drawn_.size() < rows_.size())
      canvas.text({width_ - kMargin, 47},
                  fmt::format("{} of {} rows drawn", drawn_.size(), rows_.size()), 11,
                  Canvas::Align::kRight);
  }

  void axes(Canvas& canvas) const {
    const Colour grey{0.6, 0.6, 0.6};
    const auto label = [&](Point at, std::size_t i) {
      const auto& axis = view_.axes[i];
      auto name = view_.columns[axis.column];
      if (axis.reversed) name += " (reversed)";
      if (axis.weight != 1) name = number(static_cast<float>(axis.weight)) + " " + name;
      canvas.text(at, name, 11, Canvas::Align::kMiddle);
    };
    if (view_.kind == Kind::kDynamic || view_.kind == Kind::kLinear) {
      canvas.line({frame_.on_page({frame_.low_x, 0}), frame_.on_page({frame_.high_x, 0})}, grey, 1);
      std::string all;
      for (std::size_t i = 0; i < view_.axes.size(); ++i)
        all += (i > 0 ? ", " : "") + view_.columns[view_.axes[i].column];
      if (view_.cut)
        canvas.line({frame_.on_page({*view_.cut, frame_.low_y}),
                     frame_.on_page({*view_.cut, frame_.high_y})},
                    {0.13, 0.13, 0.13}, 1.5);
      canvas.text({kMargin, kHeight - 18}, "laid in this order: " + all, 11, Canvas::Align::kLeft);
      return;
    }
    for (std::size_t i = 0; i < view_.axes.size(); ++i) {
      const auto at = static_cast<double>(view_.kind == Kind::kPaired ? i / 2 : i);
      if (view_.kind == Kind::kParallel) {
        canvas.line({frame_.on_page({at, 0}), frame_.on_page({at, 1})}, grey, 1);
        label({frame_.on_page({at, 0}).x, kHeight - 18}, i);
      } else if (view_.kind == Kind::kStatic) {
        canvas.line({frame_.on_page({at, 0}), frame_.on_page({at + 1, 0})}, grey, 1);
        for (const double end : {at, at + 1}) canvas.dot(frame_.on_page({end, 0}), 2.5, grey);
        label({frame_.on_page({at + 0.5, 0}).x, kHeight - 18}, i);
      } else if (i % 2 == 0) {
        canvas.box(frame_.on_page({at, 0}), frame_.on_page({at + 1, 1}), {1, 1, 1, 0}, grey);
        label({frame_.on_page({at + 0.5, 0}).x, kHeight - 18}, i);
      } else {
        label({frame_.on_page({at + 0.5, 0}).x, kTitle + 8}, i);
      }
    }
  }

  // Links of in-line coordinates are as high as two neighbours differ.
  void row(Canvas& canvas, std::uint32_t row, bool above, double alpha) const {
    const auto points = encode(view_.kind, view_.axes, row_of(table_, row));
    const auto colour = colour_of(static_cast<std::size_t>(table_.target[row])).faded(alpha);
    std::vector<Point> page;
    for (const auto& point : points) page.push_back(frame_.on_page(point));
    if (!in_line(view_.kind)) return canvas.line(page, colour, 1);
    const double side = (above ? -1 : 1) * (frame_.bottom - frame_.top) / 2;
    for (std::size_t k = 1; k < page.size(); ++k) {
      const double high = view_.kind == Kind::kDynamic
                              ? std::abs(page[k].x - page[k - 1].x) / (frame_.right - frame_.left)
                              : std::abs(points[k].x - points[k - 1].x - 1);
      const double up = side * (0.25 + std::min(1.0, high));
      canvas.curve(page[k - 1], {page[k - 1].x, page[k - 1].y + up}, {page[k].x, page[k].y + up},
                   page[k], colour, 1);
    }
    if (view_.kind == Kind::kDynamic) canvas.dot(page.back(), 2, colour);
  }

  void area(Canvas& canvas, const Rule& rule) const {
    const auto colour = colour_of(static_cast<std::size_t>(rule.answer));
    for (std::size_t i = 0; i < view_.axes.size(); ++i) {
      const auto [from, to] = range(rule, i);
      if (from <= 0 && to >= 1) continue;
      const auto at = static_cast<double>(i);
      const auto band = [&](Point a, Point b) {
        canvas.box(frame_.on_page(a), frame_.on_page(b), colour.faded(0.2), colour);
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
  std::size_t axes_on_page() const {
    return view_.kind == Kind::kPaired ? (view_.axes.size() + 1) / 2 : view_.axes.size();
  }

  // Between 0 and 1 of axis i, and a little beyond where a side is free.
  std::pair<double, double> range(const Rule& rule, std::size_t i) const {
    const auto& axis = view_.axes[i];
    const auto& side = rule.box[axis.column];
    double from = axis.reversed ? axis.unit(side.upper) : axis.unit(side.lower);
    double to = axis.reversed ? axis.unit(side.lower) : axis.unit(side.upper);
    return {std::max(from, -0.02), std::min(to, 1.02)};
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

  Frame frame() const {
    Frame made{0,           static_cast<double>(axes_on_page()),
               0,           1,
               kMargin,     width_ - kMargin,
               kTitle + 14, kHeight - 38};
    if (view_.kind == Kind::kParallel) made.high_x -= 1;
    if (in_line(view_.kind)) made.low_y = -1;
    if (view_.kind != Kind::kDynamic && view_.kind != Kind::kLinear) {
      made.high_x = std::max(made.high_x, made.low_x + 1);
      return made;
    }
    made.low_x = made.high_x = 0;
    for (const auto row : drawn_)
      for (const auto& [x, y] : encode(view_.kind, view_.axes, row_of(table_, row))) {
        made.low_x = std::min(made.low_x, x);
        made.high_x = std::max(made.high_x, x);
        if (view_.kind == Kind::kLinear) made.high_y = std::max(made.high_y, y);
      }
    if (made.high_x <= made.low_x) made.high_x = made.low_x + 1;
    return made;
  }

  const View& view_;
  const Table& table_;
  Rows rows_, drawn_;
  double width_ = 0;
  Frame frame_{};
};

}  // namespace

Picture picture_of(const View& view, const Table& table, const Rows& rows, std::string title) {
  const Painter painter(view, table, rows);
  return {painter.width(), kHeight, [=](Canvas& canvas) {
            painter.title(canvas, title);
            painter.axes(canvas);
            for (const auto row : painter.drawn())
              painter.row(canvas, row, table.target[row] == 0, painter.alpha());
          }};
}

Picture picture_of(const View& view, const Table& table, const Rows& rows, const Rule& rule,
                   std::string title) {
  Rows held;
  for (const auto row : rows)
    if (table.holds(rule.box, row)) held.push_back(row);
  const Painter painter(view, table, held);
  return {painter.width(), kHeight, [=](Canvas& canvas) {
            painter.title(canvas, title);
            painter.axes(canvas);
            painter.area(canvas, rule);
            for (const bool own : {true, false})
              for (const auto row : painter.drawn())
                if ((table.target[row] == rule.answer) == own)
                  painter.row(canvas, row, own, own ? painter.alpha() : 0.9);
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
