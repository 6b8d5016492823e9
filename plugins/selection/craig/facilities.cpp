#include "selection/craig/facilities.h"

#include <algorithm>
#include <queue>

#include <ATen/ops/minimum.h>
#include <ATen/ops/mv.h>

#include "selection/shared/places.h"

namespace selection {
namespace {

constexpr std::int64_t kRowsAtOnce = 256;

}  // namespace

assay::Selector::Choice facilities(const torch::Tensor& given, std::int64_t n) {
  const auto x = given.to(torch::kDouble);
  const auto square = x.square().sum(1);
  const auto size = x.size(0);
  const auto distances = [&](std::int64_t j) {
    return (square + square[j] - at::mv(x, x[j]) * 2).clamp_min(0).sqrt();
  };
  const double farthest = 2 * square.max().sqrt().item<double>();
  auto nearest = at::full({size}, farthest, x.options());
  const auto gain = [&](std::int64_t j) {
    return (nearest - distances(j)).clamp_min(0).sum().item<double>();
  };
  struct Row {
    double gain;
    std::int64_t place, known;  // known: the number of chosen rows when `gain` was computed
    bool operator<(const Row& other) const {
      return gain != other.gain ? gain < other.gain : place > other.place;
    }
  };
  std::priority_queue<Row> queue;
  for (std::int64_t first = 0; first < size; first += kRowsAtOnce) {
    const auto rows = x.narrow(0, first, std::min(kRowsAtOnce, size - first));
    const auto apart =
        (rows.square().sum(1, true) + square - rows.matmul(x.t()) * 2).clamp_min_(0).sqrt_();
    const auto gains = numbers((farthest - apart).sum(1));
    for (std::size_t k = 0; k < gains.size(); ++k)
      queue.push({gains[k], first + static_cast<std::int64_t>(k), 0});
  }
  assay::Selector::Choice choice;
  auto owner = at::zeros({size}, torch::kInt64);
  while (std::ssize(choice.places) < n) {
    auto row = queue.top();
    queue.pop();
    if (row.known < std::ssize(choice.places)) {
      queue.push({gain(row.place), row.place, std::ssize(choice.places)});
      continue;
    }
    const auto apart = distances(row.place);
    owner.masked_fill_(apart < nearest, std::ssize(choice.places));
    nearest = at::minimum(nearest, apart);
    choice.places.push_back(row.place);
  }
  choice.weights.assign(choice.places.size(), 0);
  for (const auto k : places_in(owner)) ++choice.weights[static_cast<std::size_t>(k)];
  return choice;
}

}  // namespace selection
