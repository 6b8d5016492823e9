// Each column is sorted once; a split parts every column's rows in two and keeps their order.
#include "glc/shared/search/tree.h"

#include <algorithm>
#include <cmath>

namespace glc {
namespace {

struct Case {
  float value;
  std::uint32_t row;
  std::int32_t answer;
};

struct Split {
  double score = 0;  // sum over both sides of sum_c n_c^2 / n: higher is purer
  std::int32_t column = Node::kLeaf;
  std::size_t left = 0;  // cases
  double threshold = 0;
};

struct Part {
  std::size_t node, first, last;  // cases first..last - 1 of each column
  std::int64_t depth;
};

class Grower {
 public:
  Grower(const Table& table, const Rows& rows, const TreeLimits& limits)
      : table_(table), limits_(limits), goes_left_(table.rows()), spare_(rows.size()) {
    for (const auto& values : table.columns) {
      auto& column = columns_.emplace_back();
      column.reserve(rows.size());
      for (const auto row : rows) column.push_back({values[row], row, table.target[row]});
      std::stable_sort(column.begin(), column.end(),
                       [](const Case& a, const Case& b) { return a.value < b.value; });
    }
  }

  Tree grow() {
    std::vector<Part> open;
    add(open, 0, spare_.size(), 0);
    while (!open.empty()) {
      const Part part = open.back();
      open.pop_back();
      const Split split = best_split(part);
      if (split.column == Node::kLeaf) continue;
      part_cases(part, split);
      const auto middle = part.first + split.left;
      auto& node = tree_[part.node];
      node.column = split.column;
      node.threshold = split.threshold;
      node.left = static_cast<std::int32_t>(tree_.size());
      node.right = node.left + 1;
      add(open, part.first, middle, part.depth + 1);
      add(open, middle, part.last, part.depth + 1);
    }
    return std::move(tree_);
  }

 private:
  // A new node, which is looked at again if it may be split.
  void add(std::vector<Part>& open, std::size_t first, std::size_t last, std::int64_t depth) {
    Node node;
    node.counts.resize(static_cast<std::size_t>(table_.classes));
    for (std::size_t k = first; k < last; ++k)
      ++node.counts[static_cast<std::size_t>(columns_[0][k].answer)];
    const auto size = static_cast<std::int64_t>(last - first);
    const bool pure = std::count(node.counts.begin(), node.counts.end(), 0) + 1 >= table_.classes;
    if (!pure && size >= std::max(limits_.least_split, 2 * limits_.least) &&
        (limits_.depth == 0 || depth < limits_.depth))
      open.push_back({tree_.size(), first, last, depth});
    tree_.push_back(std::move(node));
  }

  Split best_split(const Part& part) const {
    const auto& counts = tree_[part.node].counts;
    const auto n = static_cast<double>(part.last - part.first);
    double squares = 0;
    for (const auto c : counts) squares += static_cast<double>(c) * static_cast<double>(c);
    Split best;
    best.score = squares / n * (1 + 1e-12);  // a split that gains nothing but rounding is none
    for (std::size_t k = 0; k < columns_.size(); ++k) scan(part, k, counts, squares, best);
    return best;
  }

  void scan(const Part& part, std::size_t k, const std::vector<std::int64_t>& counts,
            double squares, Split& best) const {
    const auto* cases = columns_[k].data() + part.first;
    const auto n = part.last - part.first;
    if (cases[0].value == cases[n - 1].value) return;
    std::vector<double> left(counts.size()), right(counts.begin(), counts.end());
    double left_squares = 0, right_squares = squares;  // whole numbers, exact up to 2^53
    const auto least = static_cast<std::size_t>(limits_.least);
    for (std::size_t i = 0; i + least < n; ++i) {
      const auto c = static_cast<std::size_t>(cases[i].answer);
      left_squares += 2 * left[c]++ + 1;
      right_squares -= 2 * right[c]-- - 1;
      if (i + 1 < least || cases[i].value == cases[i + 1].value) continue;
      const auto size = static_cast<double>(i + 1);
      const double score = left_squares / size + right_squares / (static_cast<double>(n) - size);
      if (score <= best.score) continue;
      best = {score, static_cast<std::int32_t>(k), i + 1,
              (static_cast<double>(cases[i].value) + static_cast<double>(cases[i + 1].value)) / 2};
    }
  }

  void part_cases(const Part& part, const Split& split) {
    const auto& chosen = columns_[static_cast<std::size_t>(split.column)];
    for (std::size_t i = part.first; i < part.last; ++i)
      goes_left_[chosen[i].row] = i < part.first + split.left;
    for (auto& column : columns_) {
      auto to_left = part.first, to_right = std::size_t{0};
      for (std::size_t i = part.first; i < part.last; ++i) {
        const Case here = column[i];
        if (goes_left_[here.row])
          column[to_left++] = here;
        else
          spare_[to_right++] = here;
      }
      std::copy_n(spare_.begin(), to_right, column.begin() + static_cast<std::ptrdiff_t>(to_left));
    }
  }

  const Table& table_;
  TreeLimits limits_;
  std::vector<std::vector<Case>> columns_;  // sorted by value within each node
  std::vector<char> goes_left_;             // of each row
  std::vector<Case> spare_;
  Tree tree_;
};

}  // namespace

Tree grow_tree(const Table& table, const Rows& rows, const TreeLimits& limits) {
  return Grower(table, rows, limits).grow();
}

// A tree may be as deep as it has rows: no recursion.
std::vector<Leaf> leaves(const Tree& tree, std::size_t columns) {
  std::vector<Leaf> found;
  std::vector<std::pair<std::size_t, Box>> open{{0, Box(columns)}};
  while (!open.empty()) {
    auto [at, left] = std::move(open.back());
    open.pop_back();
    const auto& node = tree[at];
    if (node.column == Node::kLeaf) {
      const auto most = std::max_element(node.counts.begin(), node.counts.end());
      found.push_back({at, std::move(left), most - node.counts.begin(), node.counts});
      continue;
    }
    const auto k = static_cast<std::size_t>(node.column);
    Box right = left;
    right[k].lower = std::max(right[k].lower, std::nextafter(node.threshold, kInfinity));
    left[k].upper = std::min(left[k].upper, node.threshold);
    open.emplace_back(static_cast<std::size_t>(node.right), std::move(right));
    open.emplace_back(static_cast<std::size_t>(node.left), std::move(left));
  }
  return found;
}

}  // namespace glc
