#include "selection/select/gradients/squared_norms.h"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace selection {
namespace {

constexpr std::int64_t kLargest = 1 << 24;  // elements of a product of factors at a time

// Calls visit(first, count) for parts of `samples` whose products of `width` elements fit.
template <class Visit>
torch::Tensor in_parts(std::int64_t samples, std::int64_t width, const Visit& visit) {
  const auto most = std::max<std::int64_t>(1, kLargest / std::max<std::int64_t>(1, width));
  std::vector<torch::Tensor> all;
  for (std::int64_t first = 0; first < samples; first += most)
    all.push_back(visit(first, std::min(most, samples - first)));
  return at::cat(all);
}

}  // namespace

std::int64_t SquaredNorms::Stretch::width() const {
  return right.defined() ? left.size(2) * right.size(2) : left.size(1);
}

torch::Tensor SquaredNorms::Stretch::whole() const {
  const auto first = left.to(torch::kDouble);
  if (!right.defined()) return first;
  return at::bmm(first.transpose(1, 2), right.to(torch::kDouble)).flatten(1);
}

// |sum_t a_t b_t^T|^2 = sum_{t, u} <a_t, a_u> <b_t, b_u>: which side is cheaper depends on the
// number of places T.
torch::Tensor SquaredNorms::squared(const Stretch& stretch) {
  if (!stretch.right.defined()) return stretch.whole().square().sum(1);
  const auto& [offset, left, right] = stretch;
  const auto places = left.size(1), out = left.size(2), in = right.size(2);
  const bool by_places = places * (out + in) < out * in;
  return in_parts(left.size(0), by_places ? places * places : out * in,
                  [&, &a = left, &b = right](std::int64_t first, std::int64_t count) {
                    const Stretch part{0, a.narrow(0, first, count), b.narrow(0, first, count)};
                    if (!by_places) return part.whole().square().sum(1);
                    const auto l = part.left.to(torch::kDouble), r = part.right.to(torch::kDouble);
                    const auto products =
                        at::bmm(l, l.transpose(1, 2)) * at::bmm(r, r.transpose(1, 2));
                    return products.sum({1, 2});
                  });
}

// Of one parameter.
torch::Tensor SquaredNorms::squared(const std::vector<Stretch>& stretches) {
  auto sorted = stretches;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  const auto overlap = std::adjacent_find(sorted.begin(), sorted.end(), [](auto& a, auto& b) {
    return a.offset + a.width() > b.offset;
  });
  torch::Tensor sum;
  if (overlap == sorted.end()) {
    for (const auto& stretch : sorted)
      sum = sum.defined() ? sum + squared(stretch) : squared(stretch);
    return sum;
  }
  std::int64_t end = 0;
  for (const auto& stretch : sorted) end = std::max(end, stretch.offset + stretch.width());
  return in_parts(sorted[0].left.size(0), end, [&](std::int64_t first, std::int64_t count) {
    auto all = at::zeros({count, end}, sorted[0].left.options().dtype(torch::kDouble));
    for (const auto& [offset, left, right] : sorted) {
      const Stretch part{offset, left.narrow(0, first, count),
                         right.defined() ? right.narrow(0, first, count) : right};
      all.narrow(1, offset, part.width()).add_(part.whole());
    }
    return all.square().sum(1);
  });
}

void SquaredNorms::outer(const Block& block, const torch::Tensor& left,
                         const torch::Tensor& right) {
  of_parameter_[block.parameter].push_back({block.offset, left, right});
}

void SquaredNorms::vector(const Block& block, const torch::Tensor& v) {
  of_parameter_[block.parameter].push_back({block.offset, v, {}});
}

torch::Tensor SquaredNorms::sums() const {
  auto sum = at::zeros({samples_}, torch::TensorOptions(torch::kDouble));
  for (const auto& [parameter, stretches] : of_parameter_) sum.add_(squared(stretches).cpu());
  return sum;
}

}  // namespace selection
