// A picture has every row in it, without loss.
#include "glc/glc_pictures/draw/picture.h"

#include "glc/glc_pictures/draw/axis_layout.h"
#include "glc/glc_pictures/draw/frame.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <regex>

#include "tests/plugins/glc/tables.h"

using namespace glc;

namespace {

View view_of(Kind kind, std::size_t columns) {
  View view;
  view.kind = kind;
  for (std::size_t k = 0; k < columns; ++k) {
    view.axes.push_back({k, 0, 9, k == 1, k % 2 == 0 ? 0.5 : -0.25});
    view.columns.push_back("column " + std::to_string(k));
  }
  view.classes = {"one", "two"};
  return view;
}

using Path = std::vector<Point>;

constexpr const char* kRow = "stroke-width:1;[^\"]*stroke-opacity:0.8;";  // axes have no opacity

std::vector<Path> paths_with(const std::string& style, const std::string& svg) {
  std::vector<Path> found;
  const std::regex path("<path style=\"[^\"]*" + style + "[^\"]*\" d=\"([^\"]*)\""),
      number("-?[0-9.]+");
  for (std::sregex_iterator it(svg.begin(), svg.end(), path), end; it != end; ++it) {
    const auto points = (*it)[1].str();
    Path one;
    for (std::sregex_iterator n(points.begin(), points.end(), number); n != end;) {
      const double x = std::stod((n++)->str());
      one.push_back({x, std::stod((n++)->str())});
    }
    found.push_back(one);
  }
  return found;
}

// Paths of the SVG that have `style`, each as its points; of curves four a link.
std::vector<Path> paths_of(const View& view, const Table& table, const Rows& rows,
                           const std::string& style) {
  const auto picture = picture_of(view, table, rows, "all");
  return paths_with(style, assay::draw_svg(picture.width, picture.height, picture.draw));
}

// No two steps of a row are alike: cairo joins those into one.
Table made(std::size_t rows, std::size_t columns) {
  std::mt19937 draw(5);
  std::uniform_real_distribution<float> any(1, 8);
  auto table = testing::grid(draw, rows, columns, 10, 2);
  for (auto& column : table.columns)
    for (auto& x : column) x = any(draw);
  return table;
}

// As many links as there should be, of each row the points its coordinates have.
void check_lines(const View& view, const Table& table, std::size_t columns) {
  const auto rows = testing::all_rows(table);
  const auto paths = paths_of(view, table, rows, kRow);
  const auto frame = frame_of(view, table, rows);
  const auto back = [&](Point p) -> Point {
    return {frame.low_x +
                (p.x - frame.left) / (frame.right - frame.left) * (frame.high_x - frame.low_x),
            frame.low_y +
                (frame.bottom - p.y) / (frame.bottom - frame.top) * (frame.high_y - frame.low_y)};
  };
  const auto links = encode(view.kind, view.axes, row_of(table, 0)).size() - 1;
  REQUIRE(paths.size() == rows.size() * (view.in_line() ? links : 1));
  for (const auto row : rows) {
    std::vector<Point> points;
    if (view.in_line()) {
      for (std::size_t k = 0; k < links; ++k) {
        const auto& link = paths[row * links + k];
        REQUIRE(link.size() == 4);
        if (k == 0) points.push_back(back(link.front()));
        points.push_back(back(link.back()));
      }
    } else {
      for (const auto& point : paths[row]) points.push_back(back(point));
    }
    const auto values = decode(view.kind, view.axes, points, columns);
    for (std::size_t k = 0; k < columns; ++k)
      CHECK(values[k] == Approx(table.columns[k][row]).margin(0.01));
  }
}

}  // namespace

TEST_CASE("rows are read off the picture again") {
  for (const auto kind :
       {Kind::kStatic, Kind::kPaired, Kind::kDynamic, Kind::kLinear, Kind::kParallel}) {
    CAPTURE(static_cast<int>(kind));
    check_lines(view_of(kind, 4), made(7, 4), 4);
    check_lines(view_of(kind, 5), made(3, 5), 5);
  }
}

TEST_CASE("an end point lies where its weighted sum is, and is cut there") {
  const auto table = made(50, 4);
  const std::vector<Interval> ranges(4, {1, 8});
  const std::vector<double> weights{2, 0, -0.5, 1};
  for (const auto kind : {Kind::kDynamic, Kind::kLinear})
    for (const bool reversed : {false, true}) {
      View view;
      view.kind = kind;
      view.axes = axes_of(ranges, {3, 0, 1, 2}, {reversed, false, false, reversed}, {}, 1);
      lay_sum(view, weights, 7.5);
      if (kind == Kind::kLinear) lay_flat(view, true);
      REQUIRE(view.axes.size() == 3);  // one column has no weight
      REQUIRE(view.cut);
      for (std::uint32_t row = 0; row < 50; ++row) {
        const auto values = row_of(table, row);
        double sum = 0;
        for (std::size_t k = 0; k < 4; ++k) sum += weights[k] * values[k];
        const double end = encode(kind, view.axes, values).back().x;
        CHECK(view.origin + view.unit * end == Approx(sum).margin(1e-9));
        CHECK((end > *view.cut) == (sum > 7.5));
      }
    }
  View part;
  part.kind = Kind::kDynamic;
  part.axes = axes_of(ranges, {0, 2}, std::vector<bool>(4), {}, 1);
  lay_sum(part, weights, 7.5);
  CHECK_FALSE(part.cut);  // of a part of the sum there is none
}

TEST_CASE("GLC-L's weights are cosines") {
  View view;
  view.kind = Kind::kLinear;
  view.axes = axes_of({{0, 1}, {0, 1}}, {0, 1}, {false, false}, {0.5, -0.25}, 1);
  lay_flat(view, false);
  CHECK(view.axes[0].weight == 0.5);
  view.axes[0].weight = 4;
  lay_flat(view, false);
  CHECK(view.axes[0].weight == 1);
  CHECK(view.axes[1].weight == -0.0625);
  CHECK(view.unit == 4);
}

TEST_CASE("bounds that are not laid are named, and none is drawn elsewhere") {
  const auto table = made(30, 3);
  const auto rows = testing::all_rows(table);
  auto view = view_of(Kind::kStatic, 3);
  const auto areas = [&](const Rule& rule) {
    const auto picture = picture_of(view, table, rows, rule, "rule");
    return paths_with("stroke-width:1.5;",
                      assay::draw_svg(picture.width, picture.height, picture.draw));
  };
  const Rule low{0, {{2, 6}, {}, {}}}, beyond{0, {{20, 30}, {}, {}}};
  REQUIRE(areas(low).size() == 1);
  const auto elsewhere = areas(beyond);
  REQUIRE(elsewhere.size() == 1);
  for (const auto& point : elsewhere[0]) CHECK(point.x < 48 + 1.05 * 150);  // on its own axis
  view.axes.erase(view.axes.begin());
  CHECK(areas(low).empty());
}

TEST_CASE("heights of links tell what they are asked to") {
  auto view = view_of(Kind::kStatic, 2);
  view.axes[1].reversed = false;
  Table table{{{0, 9}, {9, 9}}, {0, 0}, 2};  // u: 0 and 1, 1 and 1
  const auto heights = [&](Heights asked) {
    view.heights = asked;
    std::vector<double> up;
    for (const auto& path : paths_of(view, table, {0, 1}, kRow))
      for (const auto k : {1U, 2U}) up.push_back(path[0].y - path[k].y);
    REQUIRE(up.size() == 4);
    for (auto& one : up) one = std::round(1e3 * one / up.back()) / 1e3;
    return up;
  };
  CHECK(heights(Heights::kEven) == std::vector<double>{1, 1, 1, 1});
  CHECK(heights(Heights::kDifference) == std::vector<double>{5, 5, 1, 1});
  CHECK(heights(Heights::kValue) == std::vector<double>{0.2, 1, 1, 1});
}

TEST_CASE("a rule's picture has its cases and its exceptions, and no other row") {
  const auto table = made(60, 3);
  const auto rows = testing::all_rows(table);
  const Rule rule{1, {{2, 6}, {}, {}}};
  auto view = view_of(Kind::kParallel, 3);
  view.most = 4;
  std::size_t cases = 0, exceptions = 0;
  for (const auto row : rows)
    if (table.holds(rule.box, row)) ++(table.target[row] == 1 ? cases : exceptions);
  REQUIRE(cases > 4);
  REQUIRE(exceptions > 4);
  const auto picture = picture_of(view, table, rows, rule, "rule");
  const auto words = assay::draw_svg(picture.width, picture.height, picture.draw);
  const auto own = paths_with("stroke-width:1;[^\"]*rgb\\(84%", words);  // the second class's color
  const auto others = paths_with("stroke-width:1;[^\"]*rgb\\(0%", words);
  for (const auto* some : {&own, &others}) {
    CHECK(some->size() > 2);  // evenly spaced ones, up to four
    CHECK(some->size() <= 4);
    for (const auto& path : *some) CHECK(path.size() == 3);
  }
}

TEST_CASE("a row of one point is a dot") {
  const auto table = made(5, 2);
  const auto rows = testing::all_rows(table);
  CHECK(paths_of(view_of(Kind::kPaired, 2), table, rows, "fill-opacity:0.8;").size() == 5);
}

TEST_CASE("a thousand columns still fit a PNG") {
  const auto table = made(3, 1000);
  const auto view = view_of(Kind::kStatic, 1000);
  const auto picture = picture_of(view, table, {0, 1, 2}, "wide");
  CHECK(assay::draw_png(picture.width, picture.height, picture.draw).starts_with("\x89PNG"));
}
