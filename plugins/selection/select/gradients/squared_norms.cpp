#include "selection/select/gradients/squared_norms.h"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace selection {
namespace {

// What visit(first, count) returns for parts of `samples`, of `width` elements each, that have at
// most `largest` elements.
template <class Visit>
torch::Tensor visit_in_parts(std::int64_t samples, std::int64_t width, std::int64_t largest,
                             const Visit& visit) {
  const auto most = std::max<std::int64_t>(1, largest / std::max<std::int64_t>(1, width));
  std::vector<torch::Tensor> all;
  for (std::int64_t first = 0; first < samples; first += most)
    all.push_back(visit(first, std::min(most, samples - first)));
  return at::cat(all);
}

// |sum_t a_t b_t^T|^2 = sum_{t, u} <a_t, a_u> <b_t, b_u>
torch::Tensor square_by_places(const torch::Tensor& left, const torch::Tensor& right) {
  const auto a = left.to(torch::kDouble), b = right.to(torch::kDouble);
  return (at::bmm(a, a.transpose(1, 2)) * at::bmm(b, b.transpose(1, 2))).sum({1, 2});
}

}  // namespace

SquaredNorms::SquaredNorms(std::int64_t samples, std::vector<int> uses, std::int64_t largest)
    : uses_(std::move(uses)),
      largest_(largest),
      squares_(at::zeros({samples}, torch::TensorOptions(torch::kDouble))) {}

std::int64_t SquaredNorms::Stretch::width() const {
  return right.defined() ? left.size(2) * right.size(2) : left.size(1);
}

SquaredNorms::Stretch SquaredNorms::Stretch::narrow(std::int64_t first, std::int64_t count) const {
  return {offset, left.narrow(0, first, count),
          right.defined() ? right.narrow(0, first, count) : right};
}

torch::Tensor SquaredNorms::Stretch::multiply_out() const {
  const auto first = left.to(torch::kDouble);
  if (!right.defined()) return first;
  return at::bmm(first.transpose(1, 2), right.to(torch::kDouble)).flatten(1);
}

// Which of the two ways is cheaper depends on the number of places.
torch::Tensor SquaredNorms::square(const Stretch& stretch) const {
  const auto samples = stretch.left.size(0);
  if (!stretch.right.defined()) return stretch.multiply_out().square().sum(1);
  const auto places = stretch.left.size(1), factors = stretch.left.size(2) + stretch.right.size(2);
  const bool by_places = places * factors < stretch.width();
  const auto width = places * factors + (by_places ? 2 * places * places : stretch.width());
  return visit_in_parts(samples, width, largest_, [&](std::int64_t first, std::int64_t count) {
    const auto part = stretch.narrow(first, count);
    return by_places ? square_by_places(part.left, part.right)
                     : part.multiply_out().square().sum(1);
  });
}

// Of one parameter.
torch::Tensor SquaredNorms::square_sum(const std::vector<Stretch>& stretches) const {
  std::int64_t end = 0;
  for (const auto& stretch : stretches) end = std::max(end, stretch.offset + stretch.width());
  const auto& any = stretches.front().left;
  return visit_in_parts(any.size(0), 2 * end, largest_,
                        [&](std::int64_t first, std::int64_t count) {
                          auto sum = at::zeros({count, end}, any.options().dtype(torch::kDouble));
                          for (const auto& stretch : stretches)
                            sum.narrow(1, stretch.offset, stretch.width())
                                .add_(stretch.narrow(first, count).multiply_out());
                          return sum.square().sum(1);
                        });
}

void SquaredNorms::take(const Block& block, Stretch stretch) {
  if (uses_.at(block.parameter) > 1)
    kept_[block.parameter].push_back(std::move(stretch));
  else
    squares_.add_(square(stretch).cpu());
}

void SquaredNorms::outer(const Block& block, const torch::Tensor& left,
                         const torch::Tensor& right) {
  take(block, {block.offset, left, right});
}

void SquaredNorms::vector(const Block& block, const torch::Tensor& v) {
  take(block, {block.offset, v, {}});
}

// Sums of products can round to less than 0 if a gradient cancels.
torch::Tensor SquaredNorms::sum_up() const {
  auto all = squares_.clone();
  for (const auto& [parameter, stretches] : kept_) all.add_(square_sum(stretches).cpu());
  return all.clamp_min_(0);
}

}  // namespace selection
