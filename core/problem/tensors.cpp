// On the CPU one pass over blocks of the whole list; elsewhere, and for odd types or layouts, ATen.
#include "assay/sdk/tensors.h"

#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randn.h>

#include "assay/error.h"
#include "core/problem/lists.h"

namespace assay {
namespace {

using Lists = std::vector<const Tensors*>;

// A stretch of at most lists::kBlock elements of one tensor.
struct Block {
  std::size_t tensor;
  std::int64_t from, count;
};

bool fused(const Lists& lists) {
  const auto type = lists.front()->front().scalar_type();
  if (type != torch::kFloat && type != torch::kDouble) return false;
  for (const auto* list : lists)
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto& t = (*list)[i];
      if (!t.is_cpu() || t.scalar_type() != type || !t.is_non_overlapping_and_dense() ||
          t.strides() != (*lists.front())[i].strides())
        return false;
    }
  return true;
}

void check_alike(const Lists& lists) {
  if (lists.empty()) throw Error(ErrorKind::kShape, "at least one list of tensors is needed");
  for (const auto* list : lists) {
    bool alike = list->size() == lists.front()->size();
    for (std::size_t i = 0; alike && i < list->size(); ++i)
      alike = (*list)[i].sizes() == (*lists.front())[i].sizes();
    if (!alike) throw Error(ErrorKind::kShape, "lists of tensors must have the same shapes");
  }
}

std::vector<Block> blocks_of(const Tensors& list) {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::int64_t from = 0; from < list[i].numel(); from += lists::kBlock)
      blocks.push_back({i, from, std::min(lists::kBlock, list[i].numel() - from)});
  return blocks;
}

// body(block index, block), in parallel where the list is long.
template <class Body>
void for_blocks(const std::vector<Block>& blocks, Body body) {
  at::parallel_for(0, static_cast<std::int64_t>(blocks.size()), 16, [&](auto from, auto to) {
    for (auto b = from; b < to; ++b)
      body(static_cast<std::size_t>(b), blocks[static_cast<std::size_t>(b)]);
  });
}

template <class T>
const T* at_block(const Tensors& list, const Block& block) {
  return static_cast<const T*>(list[block.tensor].const_data_ptr()) + block.from;
}
template <class T>
T* at_block_of(Tensors& list, const Block& block) {
  return static_cast<T*>(list[block.tensor].mutable_data_ptr()) + block.from;
}

// The pairs (i, j), i <= j, of inner products, row by row.
template <class T>
std::vector<double> products(const Lists& all) {
  const auto blocks = blocks_of(*all.front());
  const auto pairs = all.size() * (all.size() + 1) / 2;
  std::vector<double> parts(blocks.size() * pairs);
  for_blocks(blocks, [&](std::size_t b, const Block& block) {
    auto* to = parts.data() + b * pairs;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = i; j < all.size(); ++j)
        *to++ = lists::dot(at_block<T>(*all[i], block), at_block<T>(*all[j], block), block.count);
  });
  std::vector<double> sums(pairs);
  for (std::size_t b = 0; b < blocks.size(); ++b)
    for (std::size_t p = 0; p < pairs; ++p) sums[p] += parts[b * pairs + p];
  return sums;
}

std::vector<double> products(const Lists& all) {
  check_alike(all);
  if (all.front()->empty()) return std::vector<double>(all.size() * (all.size() + 1) / 2);
  const torch::NoGradGuard no_grad;
  if (fused(all))
    return all.front()->front().scalar_type() == torch::kFloat ? products<float>(all)
                                                               : products<double>(all);
  std::vector<double> sums;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i; j < all.size(); ++j) {
      auto sum = torch::Tensor();
      for (std::size_t t = 0; t < all[i]->size(); ++t) {
        const auto part = ((*all[i])[t] * (*all[j])[t]).sum(torch::kDouble);
        sum = sum.defined() ? sum + part : part;
      }
      sums.push_back(sum.item<double>());
    }
  return sums;
}

template <class T>
void move_blocks(const Tensors& start, Tensors& direction, double scale) {
  for_blocks(blocks_of(start), [&](std::size_t, const Block& block) {
    lists::move(at_block<T>(start, block), at_block_of<T>(direction, block), static_cast<T>(scale),
                block.count);
  });
}

template <class T>
void combine_blocks(const Lists& gradients, const std::vector<double>& weights, Tensors& sum) {
  for_blocks(blocks_of(sum), [&](std::size_t, const Block& block) {
    auto* to = at_block_of<T>(sum, block);
    lists::scale(at_block<T>(*gradients[0], block), to, static_cast<T>(weights[0]), block.count);
    for (std::size_t k = 1; k < gradients.size(); ++k)
      lists::add(at_block<T>(*gradients[k], block), to, static_cast<T>(weights[k]), block.count);
  });
}

}  // namespace

double norm(const Tensors& list) {
  double squares = products({&list})[0];
  if (!std::isfinite(squares)) {  // squares of finite numbers overflow in float
    squares = 0;
    for (const auto& tensor : list)
      squares += tensor.detach().to(torch::kDouble).square().sum().item<double>();
  }
  return std::sqrt(squares);
}

Tensors draw_normal(const Tensors& like, const Rng& rng) {
  Tensors drawn;
  for (const auto& x : like)
    drawn.push_back(
        at::randn(x.sizes(), rng.fork(drawn.size()).generator(x.device()), x.options()));
  return drawn;
}

Tensors clone(const Tensors& list) {
  Tensors copies;
  for (const auto& tensor : list) copies.push_back(tensor.detach().clone());
  return copies;
}

void add(Tensors& sum, Tensors more) {
  if (sum.empty()) {
    sum = std::move(more);
    return;
  }
  check_alike({&sum, &more});
  const torch::NoGradGuard no_grad;
  at::_foreach_add_(sum, more);
}

Lists pointers_to(const std::vector<Tensors>& lists) {
  Lists pointers;
  for (const auto& list : lists) pointers.push_back(&list);
  return pointers;
}

Tensors add_scaled(const Tensors& start, Tensors direction, double scale) {
  const Lists both{&start, &direction};
  check_alike(both);
  const torch::NoGradGuard no_grad;
  if (start.empty() || !fused(both)) return at::_foreach_add(start, direction, scale);
  if (start.front().scalar_type() == torch::kFloat)
    move_blocks<float>(start, direction, scale);
  else
    move_blocks<double>(start, direction, scale);
  return direction;
}

Tensors weighted_sum(const Lists& gradients, const std::vector<double>& weights) {
  check_alike(gradients);
  if (weights.size() != gradients.size())
    throw Error(ErrorKind::kShape, "a combination needs one weight for each of the " +
                                       std::to_string(gradients.size()) + " gradients");
  const torch::NoGradGuard no_grad;
  if (gradients.front()->empty()) return {};
  if (!fused(gradients)) {
    Tensors sum = at::_foreach_mul(*gradients[0], weights[0]);
    for (std::size_t k = 1; k < gradients.size(); ++k)
      at::_foreach_add_(sum, *gradients[k], weights[k]);
    return sum;
  }
  Tensors sum;
  for (const auto& tensor : *gradients.front()) sum.push_back(at::empty_like(tensor));
  if (sum.front().scalar_type() == torch::kFloat)
    combine_blocks<float>(gradients, weights, sum);
  else
    combine_blocks<double>(gradients, weights, sum);
  return sum;
}

Gram::Gram(const std::vector<const Tensors*>& gradients)
    : size_(gradients.size()), values_(size_ * size_) {
  const auto pairs = products(gradients);
  std::size_t p = 0;
  for (std::size_t i = 0; i < size_; ++i)
    for (std::size_t j = i; j < size_; ++j)
      values_[i * size_ + j] = values_[j * size_ + i] = pairs[p++];
}

Gram Gram::of(const std::vector<std::size_t>& kept) const {
  std::vector<double> values;
  for (const auto i : kept)
    for (const auto j : kept) values.push_back((*this)(i, j));
  return {kept.size(), std::move(values)};
}

}  // namespace assay
