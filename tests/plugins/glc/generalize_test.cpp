// Boxes that are widened, simplified, merged: never less than before, never less pure than asked.
#include <catch2/catch.hpp>

#include "glc/hyperblocks/growth.h"
#include "glc/shared/search/generalize.h"
#include "glc/shared/search/tree.h"
#include "tests/plugins/glc/tables.h"

using namespace glc;
using namespace glc::testing;

TEST_CASE("a widened box has no fewer cases and no single column that could have more") {
  std::mt19937 draw(8);
  for (int round = 0; round < 20; ++round) {
    const auto table = grid(draw, 150, 3, 6, 2);
    const auto rows = all_rows(table);
    const Demand demand{0.8, 1};
    for (const auto& leaf : leaves(grow_tree(table, rows, {3, 1, 2}), 3)) {
      const Rule before{leaf.answer, leaf.box};
      if (!cover_of(table, rows, before).meets(demand)) continue;
      const auto after = widened(table, rows, before, demand);
      const auto cover = cover_of(table, rows, after);
      REQUIRE(cover.meets(demand));
      REQUIRE(cover.right >= cover_of(table, rows, before).right);
      for (std::size_t k = 0; k < 3; ++k)
        for (int from = 0; from < 6; ++from)
          for (int to = from; to < 6; ++to) {
            Rule other = after;
            other.box[k] = {static_cast<double>(from), static_cast<double>(to)};
            const auto found = cover_of(table, rows, other);
            REQUIRE((!found.meets(demand) || found.right <= cover.right));
          }
    }
  }
}

TEST_CASE("a simplified box has no side left that could go") {
  std::mt19937 draw(9);
  const auto table = grid(draw, 200, 4, 5, 3);
  const auto rows = all_rows(table);
  const Demand demand{0.75, 2};
  for (const auto& leaf : leaves(grow_tree(table, rows, {4, 1, 2}), 4)) {
    const Rule before{leaf.answer, leaf.box};
    if (!cover_of(table, rows, before).meets(demand)) continue;
    const auto after = simplified(table, rows, before, demand);
    CHECK(cover_of(table, rows, after).meets(demand));
    CHECK(literals(after.box) <= literals(before.box));
    for (std::size_t k = 0; k < 4; ++k)
      for (const bool lower : {true, false}) {
        Rule other = after;
        double& side = lower ? other.box[k].lower : other.box[k].upper;
        if (std::abs(side) == kInfinity) continue;
        side = lower ? -kInfinity : kInfinity;
        CHECK_FALSE(cover_of(table, rows, other).meets(demand));
      }
  }
}

TEST_CASE("merged rules hold what they held, and no two of them could be one") {
  std::mt19937 draw(10);
  const auto table = grid(draw, 200, 3, 6, 3);
  const auto rows = all_rows(table);
  const Demand demand{0.8, 1};
  std::vector<Rule> before;
  for (const auto& leaf : leaves(grow_tree(table, rows, {5, 1, 2}), 3))
    if (cover_of(table, rows, {leaf.answer, leaf.box}).meets(demand))
      before.push_back({leaf.answer, leaf.box});
  const auto after = merged(table, rows, before, demand);
  CHECK(after.size() < before.size());
  for (const auto row : rows) {
    const auto held = [&](const std::vector<Rule>& rules) {
      return std::any_of(rules.begin(), rules.end(),
                         [&](const Rule& rule) { return table.holds(rule.box, row); });
    };
    if (held(before)) CHECK(held(after));
  }
  for (std::size_t i = 0; i < after.size(); ++i)
    for (std::size_t k = i + 1; k < after.size(); ++k)
      if (after[i].answer == after[k].answer)
        CHECK_FALSE(cover_of(table, rows, {after[i].answer, envelope(after[i].box, after[k].box)})
                        .meets(demand));
}

TEST_CASE("of all pairs the one with the most cases is merged first") {
  std::mt19937 draw(12);
  for (int round = 0; round < 10; ++round) {
    const auto table = grid(draw, 120, 3, 6, 3);
    const auto rows = all_rows(table);
    const Demand demand{round % 2 == 0 ? 1 : 0.75, 1};
    std::vector<Rule> rules;
    for (const auto& leaf : leaves(grow_tree(table, rows, {6, 1, 2}), 3))
      rules.push_back({leaf.answer, leaf.box});
    auto expected = rules;
    for (bool more = true; more;) {  // every pair is counted anew each time
      more = false;
      std::int64_t most = 0;
      std::size_t first = 0, second = 0;
      for (std::size_t i = 0; i < expected.size(); ++i)
        for (std::size_t k = i + 1; k < expected.size(); ++k) {
          const auto cover = cover_of(
              table, rows, {expected[i].answer, envelope(expected[i].box, expected[k].box)});
          if (expected[i].answer != expected[k].answer || !cover.meets(demand)) continue;
          if (cover.right <= most) continue;
          more = true;
          most = cover.right;
          first = i;
          second = k;
        }
      if (!more) break;
      expected[first].box = envelope(expected[first].box, expected[second].box);
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(second));
    }
    const auto found = merged(table, rows, rules, demand);
    REQUIRE(found.size() == expected.size());
    for (std::size_t k = 0; k < found.size(); ++k) CHECK((found[k].box == expected[k].box));
  }
}

TEST_CASE("a grown block holds its first case, and no other class") {
  std::mt19937 draw(11);
  const auto table = grid(draw, 200, 4, 8, 2);
  const auto rows = all_rows(table);
  for (std::uint32_t start = 0; start < 40; ++start) {
    const auto rule = grown_block(table, Rows(rows.begin() + start, rows.end()), rows);
    CHECK(rule.answer == table.target[start]);
    REQUIRE(table.holds(rule.box, start));
    const auto cover = cover_of(table, rows, rule);
    const auto own = cover_of(table, {start}, rule);
    CHECK(own.right == 1);
    // A single case may share its place with another class; what it took in does not.
    bool contradicted = false;
    for (const auto row : rows) {
      bool alike = true;
      for (const auto& column : table.columns) alike &= column[row] == column[start];
      contradicted |= alike && table.target[row] != rule.answer;
    }
    if (!contradicted) CHECK(cover.right == cover.total);
  }
}
