// Searches for areas, against every area there is.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "glc/shared/search/covering.h"
#include "tests/plugins/glc/tables.h"
#include "tests/support/data.h"

using namespace glc;
using namespace glc::testing;

namespace {

// All stretches, in the order in which equals are preferred.
Stretch slow_stretch(const std::vector<std::int64_t>& right, const std::vector<std::int64_t>& total,
                     double purity, std::int64_t least) {
  Stretch best;
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::int64_t r = 0, t = 0;
    for (std::size_t j = i; j < right.size(); ++j) {
      r += right[j];
      t += total[j];
      const bool pure = static_cast<double>(r) >= purity * static_cast<double>(t) - 1e-9;
      if (r > best.right && r >= least && pure) best = {r, i, j};
    }
  }
  return best;
}

// Every rectangle of whole numbers on two columns, counted point by point.
std::int64_t slow_rectangle(const Table& table, std::size_t x, std::size_t y, int levels,
                            const Demand& demand) {
  std::int64_t best = 0;
  const auto top = static_cast<float>(levels);
  for (float a = 0; a < top; ++a)
    for (float b = a; b < top; ++b)
      for (float p = 0; p < top; ++p)
        for (float q = p; q < top; ++q) {
          std::vector<std::int64_t> counts(static_cast<std::size_t>(table.classes));
          std::int64_t total = 0;
          for (std::size_t r = 0; r < table.rows(); ++r) {
            const auto u = table.columns[x][r], v = table.columns[y][r];
            if (u < a || u > b || v < p || v > q) continue;
            ++total;
            ++counts[static_cast<std::size_t>(table.target[r])];
          }
          for (const auto c : counts)
            if (c >= demand.least &&
                static_cast<double>(c) >= demand.purity * static_cast<double>(total) - 1e-9)
              best = std::max(best, c);
        }
  return best;
}

Table wbc() {
  const auto folder = assay::testing::data_folder() / "wbc";
  Table table;
  table.classes = 2;
  table.columns.resize(9);
  std::ifstream in(folder / "breast-cancer-wisconsin.data");
  for (std::string line; std::getline(in, line);) {
    if (line.find('?') != std::string::npos) continue;
    std::istringstream cells(line);
    std::string cell;
    std::getline(cells, cell, ',');
    for (auto& column : table.columns) {
      std::getline(cells, cell, ',');
      column.push_back(std::stof(cell));
    }
    std::getline(cells, cell, ',');
    table.target.push_back(cell[0] == '4');
  }
  return table;
}

}  // namespace

TEST_CASE("the best stretch is the best of all stretches, and of equals the first") {
  std::mt19937 draw(1);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::int64_t> right, total;
    const auto places = draw() % 12 + 1;
    for (unsigned k = 0; k < places; ++k) {
      right.push_back(draw() % 4);
      total.push_back(right.back() + draw() % 3 * (draw() % 2));
    }
    const double purity = std::vector<double>{1, 0.9, 0.75, 2.0 / 3, 0.5}[draw() % 5];
    const std::int64_t least = draw() % 4 + 1;
    const auto fast = best_stretch(right, total, {purity, least});
    const auto slow = slow_stretch(right, total, purity, least);
    REQUIRE(fast.right == slow.right);
    if (slow.right == 0) continue;
    REQUIRE(fast.first == slow.first);
    REQUIRE(fast.last == slow.last);
  }
}

TEST_CASE("the next area has as many cases as the best of all rectangles") {
  std::mt19937 draw(2);
  for (int round = 0; round < 60; ++round) {
    const int levels = 3 + static_cast<int>(draw() % 5);
    auto table = grid(draw, 40, 3, levels, 2 + static_cast<int>(draw() % 2));
    const Demand demand{round % 3 == 0 ? 1 : 0.8, 1 + static_cast<std::int64_t>(draw() % 3)};
    Covering covering(table, all_pairs(3), demand, 64);
    const auto found = covering.next();
    std::int64_t best = 0;
    for (const auto& [x, y] : all_pairs(3))
      best = std::max(best, slow_rectangle(table, x, y, levels, demand));
    REQUIRE((found ? found->right : 0) == best);
    if (!found) continue;
    std::int64_t right = 0, total = 0;
    for (std::size_t r = 0; r < table.rows(); ++r) {
      if (!table.holds(found->rule.box, r)) continue;
      ++total;
      right += table.target[r] == found->rule.answer;
    }
    CHECK(right == found->right);
    CHECK(static_cast<double>(right) >= demand.purity * static_cast<double>(total) - 1e-9);
  }
}

TEST_CASE("covered cases count no more, and none is counted twice") {
  std::mt19937 draw(3);
  const auto table = grid(draw, 300, 4, 6, 3);
  Covering covering(table, adjacent_pairs(4), {0.9, 1}, 64);
  std::int64_t right = 0;
  std::vector<Rule> rules;
  while (const auto found = covering.next()) {
    const auto before = covering.left();
    covering.cover(found->rule.box);
    REQUIRE(covering.left() < before);
    right += found->right;
    rules.push_back(found->rule);
  }
  std::int64_t again = 0;
  for (std::size_t r = 0; r < table.rows(); ++r)
    for (const auto& rule : rules) {
      if (!table.holds(rule.box, r)) continue;
      again += table.target[r] == rule.answer;
      break;
    }
  CHECK(right == again);
}

TEST_CASE("a column of more values than levels is cut where about as many rows lie") {
  std::mt19937 draw(4);
  std::normal_distribution<float> normal;
  std::vector<float> column(5000);
  for (auto& x : column) x = normal(draw);
  const auto levels = levels_of(column, 16);
  REQUIRE(levels.size() <= 16);
  REQUIRE(levels.size() > 12);
  std::vector<int> counts(levels.size());
  for (std::size_t r = 0; r < column.size(); ++r) {
    const auto level = levels.of_row[r];
    ++counts[level];
    REQUIRE(levels.first[level] <= column[r]);
    REQUIRE(column[r] <= levels.last[level]);
  }
  for (const auto count : counts) CHECK(count < 2 * 5000 / 16);
  CHECK(levels_of({3, 3, 3}, 4).size() == 1);
  CHECK(levels_of({3, 3, 3}, 4).interval(0, 0).free());
}

TEST_CASE("breast cancer: 17 pure rectangles of neighbors leave three cases") {
  if (assay::testing::data_missing()) return;
  const auto table = wbc();
  REQUIRE(table.rows() == 683);
  Covering covering(table, adjacent_pairs(9), {1, 3}, 64);
  std::vector<Found> found;
  while (const auto next = covering.next()) {
    covering.cover(next->rule.box);
    found.push_back(*next);
  }
  REQUIRE(found.size() == 17);
  CHECK(covering.left() == 3);
  CHECK(found[0].right == 379);
  CHECK(found[0].rule.answer == 0);
  CHECK(found[0].rule.box[4] == Interval{-kInfinity, 3});
  CHECK(found[0].rule.box[5] == Interval{-kInfinity, 1});
  CHECK(found[1].right == 121);
  CHECK(found[1].rule.answer == 1);
  CHECK(found[1].rule.box[5] == Interval{9, kInfinity});
  CHECK(found[1].rule.box[6] == Interval{4, kInfinity});
}

TEST_CASE("breast cancer: the largest pure interval is clump thickness from 9, 83 cases") {
  if (assay::testing::data_missing()) return;
  const auto table = wbc();
  const auto pure = Covering(table, single_columns(9), {1, 1}, 64).next();
  REQUIRE(pure);
  CHECK(pure->right == 83);
  CHECK(pure->rule.answer == 1);
  CHECK(pure->rule.box[0] == Interval{9, kInfinity});
  const auto nearly = Covering(table, single_columns(9), {0.99, 1}, 64).next();
  REQUIRE(nearly);
  CHECK(nearly->right == 344);  // of 346
  CHECK(nearly->rule.box[2] == Interval{-kInfinity, 1});
}
