// The tree: its splits against all splits, its boxes against itself.
#include <catch2/catch.hpp>

#include "glc/shared/search/tree.h"
#include "tests/plugins/glc/tables.h"

using namespace glc;
using namespace glc::testing;

namespace {

double squares(const Table& table, const Rows& rows) {
  if (rows.empty()) return 0;
  std::vector<double> counts(static_cast<std::size_t>(table.classes));
  for (const auto r : rows) ++counts[static_cast<std::size_t>(table.target[r])];
  double sum = 0;
  for (const auto c : counts) sum += c * c;
  return sum / static_cast<double>(rows.size());
}

std::pair<Rows, Rows> parted(const Table& table, const Rows& rows, std::size_t k, double at) {
  Rows left, right;
  for (const auto r : rows) (table.columns[k][r] <= at ? left : right).push_back(r);
  return {left, right};
}

// The purest split that leaves both sides `least` cases, and nothing where none gains.
double best_score(const Table& table, const Rows& rows, std::size_t least) {
  double best = squares(table, rows) * (1 + 1e-12);
  for (std::size_t k = 0; k < table.columns.size(); ++k)
    for (const auto r : rows) {
      const auto [left, right] = parted(table, rows, k, table.columns[k][r]);
      if (left.size() < least || right.size() < least) continue;
      best = std::max(best, squares(table, left) + squares(table, right));
    }
  return best;
}

void check_splits(const Table& table, const Tree& tree, std::size_t at, const Rows& rows,
                  std::size_t least) {
  const auto& node = tree[at];
  std::vector<std::int64_t> counts(static_cast<std::size_t>(table.classes));
  for (const auto r : rows) ++counts[static_cast<std::size_t>(table.target[r])];
  REQUIRE(node.counts == counts);
  const auto best = best_score(table, rows, least);
  if (node.column == Node::kLeaf) {
    CHECK(best <= squares(table, rows) * (1 + 2e-12));
    return;
  }
  const auto [left, right] =
      parted(table, rows, static_cast<std::size_t>(node.column), node.threshold);
  REQUIRE(std::min(left.size(), right.size()) >= least);
  CHECK(squares(table, left) + squares(table, right) == Approx(best).epsilon(1e-12));
  check_splits(table, tree, static_cast<std::size_t>(node.left), left, least);
  check_splits(table, tree, static_cast<std::size_t>(node.right), right, least);
}

}  // namespace

TEST_CASE("every split of a tree is the purest there is, and a leaf has none that gains") {
  std::mt19937 draw(5);
  for (const std::size_t least : {1, 4}) {
    const auto table = grid(draw, 120, 3, 9, 3);
    const auto tree = grow_tree(table, all_rows(table), {0, static_cast<std::int64_t>(least), 2});
    REQUIRE(tree.size() > 5);
    check_splits(table, tree, 0, all_rows(table), least);
  }
}

TEST_CASE("the leaves' boxes share the space out as the tree does") {
  std::mt19937 draw(6);
  const auto table = grid(draw, 400, 4, 7, 3);
  const auto tree = grow_tree(table, all_rows(table), {5, 1, 2});
  const auto parts = leaves(tree, 4);
  for (std::uint32_t r = 0; r < table.rows(); ++r) {
    std::size_t node = 0;
    while (tree[node].column != Node::kLeaf) {
      const auto x = table.columns[static_cast<std::size_t>(tree[node].column)][r];
      node =
          static_cast<std::size_t>(x <= tree[node].threshold ? tree[node].left : tree[node].right);
    }
    int holding = 0;
    for (const auto& leaf : parts) {
      if (!table.holds(leaf.box, r)) continue;
      ++holding;
      REQUIRE(leaf.node == node);
    }
    REQUIRE(holding == 1);
  }
}

TEST_CASE("a tree keeps to its depth, and is a leaf where nothing can be split") {
  std::mt19937 draw(7);
  const auto table = grid(draw, 500, 3, 8, 2);
  CHECK(leaves(grow_tree(table, all_rows(table), {3, 1, 2}), 3).size() <= 8);
  Table constant{{{1, 1, 1, 1}}, {0, 1, 0, 1}, 2};
  CHECK(grow_tree(constant, all_rows(constant), {}).size() == 1);
  Table one_class{{{1, 2, 3, 4}}, {1, 1, 1, 1}, 2};
  CHECK(grow_tree(one_class, all_rows(one_class), {}).size() == 1);
}

TEST_CASE("a tree as deep as it has rows is read without recursion") {
  Table chain;
  chain.classes = 2;
  chain.columns.resize(1);
  for (int k = 0; k < 20000; ++k) {  // each split cuts one row off
    chain.columns[0].push_back(static_cast<float>(k));
    chain.target.push_back(k % 2);
  }
  const auto found = leaves(grow_tree(chain, all_rows(chain), {}), 1);
  CHECK(found.size() == 20000);
}
