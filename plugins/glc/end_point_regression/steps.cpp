#include "glc/end_point_regression/steps.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace glc {
namespace {

constexpr std::size_t kLevels = 512;

struct Block {
  double sum, weight;
  std::size_t first;  // point
  double mean() const { return sum / weight; }
};

double midway(const Points& points, std::size_t k) {
  return k == 0 ? points.x[0] : points.x[k - 1] + (points.x[k] - points.x[k - 1]) / 2;
}

std::vector<Block> pooled(const Points& points, double sign) {
  std::vector<Block> blocks;
  for (std::size_t k = 0; k < points.x.size(); ++k) {
    blocks.push_back({sign * points.y[k] * points.weight[k], points.weight[k], k});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      auto& into = blocks[blocks.size() - 2];
      into.sum += blocks.back().sum;
      into.weight += blocks.back().weight;
      blocks.pop_back();
    }
  }
  return blocks;
}

// Of the sum of squares the part that depends on the blocks.
double explained(const std::vector<Block>& blocks) {
  double sum = 0;
  for (const auto& block : blocks) sum += block.sum * block.mean();
  return sum;
}

// About as much weight a level.
std::vector<std::size_t> starts_of_levels(const Points& points) {
  std::vector<std::size_t> starts;
  const double all = std::accumulate(points.weight.begin(), points.weight.end(), 0.0);
  double before = 0;
  for (std::size_t k = 0; k < points.x.size(); ++k) {
    if (points.x.size() <= kLevels || before * kLevels >= static_cast<double>(starts.size()) * all)
      starts.push_back(k);
    before += points.weight[k];
  }
  return starts;
}

}  // namespace

double Steps::operator()(double x) const {
  const auto after = std::upper_bound(at.begin(), at.end(), x);
  return value[after == at.begin() ? 0 : static_cast<std::size_t>(after - at.begin()) - 1];
}

Points sorted_points(std::vector<double> x, const std::vector<double>& y) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return x[a] < x[b]; });
  Points points;
  for (const auto k : order) {
    if (points.x.empty() || points.x.back() != x[k]) {
      points.x.push_back(x[k]);
      points.y.push_back(0);
      points.weight.push_back(0);
    }
    points.y.back() += y[k];
    ++points.weight.back();
  }
  for (std::size_t k = 0; k < points.x.size(); ++k) points.y[k] /= points.weight[k];
  return points;
}

Steps isotonic(const Points& points) {
  const auto rising = pooled(points, 1), falling = pooled(points, -1);
  const bool falls = explained(falling) > explained(rising);
  Steps steps;
  for (const auto& block : falls ? falling : rising) {
    steps.at.push_back(midway(points, block.first));
    steps.value.push_back(falls ? -block.mean() : block.mean());
  }
  return steps;
}

Steps piecewise(const Points& points, std::size_t pieces) {
  const auto starts = starts_of_levels(points);
  const auto levels = starts.size();
  std::vector<double> sum(levels + 1), weight(levels + 1);  // before each level
  for (std::size_t l = 0; l < levels; ++l) {
    sum[l + 1] = sum[l];
    weight[l + 1] = weight[l];
    for (std::size_t k = starts[l]; k < (l + 1 < levels ? starts[l + 1] : points.x.size()); ++k) {
      sum[l + 1] += points.y[k] * points.weight[k];
      weight[l + 1] += points.weight[k];
    }
  }
  // best[p][l]: what p + 1 pieces explain of the levels before l; from[p][l]: where the last
  // begins.
  pieces = std::min(pieces, levels);
  const auto lowest = -std::numeric_limits<double>::infinity();
  std::vector best(pieces, std::vector<double>(levels + 1, lowest));
  std::vector from(pieces, std::vector<std::size_t>(levels + 1));
  const auto of = [&](std::size_t a, std::size_t b) {
    return (sum[b] - sum[a]) * (sum[b] - sum[a]) / (weight[b] - weight[a]);
  };
  for (std::size_t l = 1; l <= levels; ++l) best[0][l] = of(0, l);
  for (std::size_t p = 1; p < pieces; ++p)
    for (std::size_t l = p + 1; l <= levels; ++l)
      for (std::size_t m = p; m < l; ++m) {
        const double explained = best[p - 1][m] + of(m, l);
        if (explained <= best[p][l]) continue;
        best[p][l] = explained;
        from[p][l] = m;
      }
  Steps steps;
  std::size_t end = levels;
  for (std::size_t p = pieces; p-- > 0;) {
    const auto start = p == 0 ? 0 : from[p][end];
    steps.at.insert(steps.at.begin(), midway(points, starts[start]));
    steps.value.insert(steps.value.begin(),
                       (sum[end] - sum[start]) / (weight[end] - weight[start]));
    end = start;
  }
  return steps;
}

}  // namespace glc
