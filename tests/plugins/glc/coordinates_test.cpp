// Coordinates lose nothing.
#include "glc/glc_pictures/coordinates/coordinates.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "assay/error.h"

using namespace glc;

namespace {

const Kind kAll[] = {Kind::kStatic, Kind::kPaired, Kind::kDynamic, Kind::kLinear, Kind::kParallel};

// Any order, some axes reversed, weights of both signs and of magnitudes up to 1000 apart; ranges
// from a thousandth to a million, as of columns in any unit.
std::vector<Axis> random_axes(std::mt19937& draw, std::size_t columns, bool unit_weights) {
  std::uniform_real_distribution<double> any(-1, 1), power(-3, 6), size(0.01, 10);
  std::vector<Axis> axes;
  for (std::size_t k = 0; k < columns; ++k) {
    const double range = std::pow(10, power(draw)), low = any(draw) * range;
    const double sign = draw() % 2 != 0 ? 1 : -1;
    axes.push_back({k, low, draw() % 6 == 0 ? low : low + range, draw() % 2 != 0,
                    sign * (unit_weights ? std::abs(any(draw)) : size(draw))});
  }
  std::shuffle(axes.begin(), axes.end(), draw);
  return axes;
}

}  // namespace

// What is lost is rounding: 1e-12 of a column's range, or of 1 if that is less. Where values are
// added up, a place's rounding is that of the sum, so that weights far below the others lose more.
TEST_CASE("a row comes back from its line, whatever the order, reversal, scale and weights") {
  std::mt19937 draw(14);
  std::uniform_real_distribution<double> inside(-0.2, 1.2);  // beyond the training rows too
  for (const auto kind : kAll)
    for (int round = 0; round < 500; ++round) {
      const auto columns = 1 + draw() % 30;
      const auto axes = random_axes(draw, columns, kind == Kind::kLinear);
      std::vector<float> row(columns);
      for (const auto& axis : axes) row[axis.column] = static_cast<float>(axis.value(inside(draw)));
      const auto back = decode(kind, axes, encode(kind, axes, row), columns);
      for (const auto& axis : axes) {
        const auto k = axis.column;
        const double unit = std::max(1.0, axis.high - axis.low);
        const double summed = kind == Kind::kDynamic ? 10 / std::abs(axis.weight) : 1;
        REQUIRE(std::abs(back[k] - static_cast<double>(row[k])) < 1e-12 * unit * summed);
      }
    }
}

TEST_CASE("the dynamic end point is the weighted sum, that of GLC-L its shadow on the line") {
  std::mt19937 draw(15);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 200; ++round) {
    const auto axes = random_axes(draw, 7, true);
    std::vector<float> row(7);
    for (auto& x : row) x = normal(draw);
    double sum = 0;
    for (const auto& axis : axes) sum += axis.weight * axis.unit(row[axis.column]);
    CHECK(encode(Kind::kDynamic, axes, row).back().x == Approx(sum).margin(1e-12));
    CHECK(encode(Kind::kLinear, axes, row).back().x == Approx(sum).margin(1e-12));
  }
}

TEST_CASE("axes lie end to end, and pairs share a point") {
  const std::vector<Axis> axes{{0, 0, 10}, {1, 0, 10, true}, {2, 0, 10}};
  const std::vector<float> row{2.5F, 2.5F, 5};
  const auto line = encode(Kind::kStatic, axes, row);
  REQUIRE(line.size() == 3);
  CHECK(line[0].x == 0.25);
  CHECK(line[1].x == 1.75);
  CHECK(line[2].x == 2.5);
  const auto pairs = encode(Kind::kPaired, axes, row);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].x == 0.25);
  CHECK(pairs[0].y == 0.75);
  CHECK(pairs[1].x == 1.5);
  CHECK(pairs[1].y == 0.5);
}

TEST_CASE("coordinates are named") {
  CHECK(kind_of("glc_l") == Kind::kLinear);
  CHECK_THROWS_WITH(kind_of("radial"), Catch::Contains("available are static, paired, dynamic"));
}
