// CART: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984; splits by
// the Gini impurity.
#pragma once

#include "glc/shared/search/table.h"

namespace glc {

struct TreeLimits {
  std::int64_t depth = 0;        // splits from the root to a leaf; 0: no limit
  std::int64_t least = 1;        // cases of a leaf
  std::int64_t least_split = 2;  // cases of a node that is split
};

/// x[column] <= threshold goes left. A leaf's column is kLeaf.
struct Node {
  static constexpr std::int32_t kLeaf = -1;
  std::int32_t column = kLeaf, left = 0, right = 0;
  double threshold = 0;
  std::vector<std::int64_t> counts;  // cases of each class
};

/// Node 0 is the root; a node comes before those below it.
using Tree = std::vector<Node>;

/// Grown on `rows` of the table. Thresholds lie midway between two values. Takes
/// O(columns * rows * (depth + log rows)). Of equal splits the first column's lowest is taken.
Tree grow_tree(const Table& table, const Rows& rows, const TreeLimits& limits);

struct Leaf {
  std::size_t node = 0;
  Box box;                  // x > threshold is x >= the next double
  std::int64_t answer = 0;  // of equal classes the first
  std::vector<std::int64_t> counts;
};

/// From left to right. They share the space out between them.
std::vector<Leaf> leaves(const Tree& tree, std::size_t columns);

}  // namespace glc
