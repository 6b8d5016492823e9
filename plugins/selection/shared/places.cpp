#include "selection/shared/places.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <torch/csrc/autograd/generated/variable_factories.h>

namespace selection {
namespace {

Places top(const std::vector<double>& keys, std::int64_t n) {
  Places order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](std::int64_t a, std::int64_t b) {
    const double one = keys[static_cast<std::size_t>(a)], other = keys[static_cast<std::size_t>(b)];
    return one != other ? one > other : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + n, order.end(), before);
  order.resize(static_cast<std::size_t>(n));
  return order;
}

}  // namespace

std::vector<double> numbers(const torch::Tensor& x) {
  const auto flat = x.to(torch::kDouble).cpu().contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

Places places_in(const torch::Tensor& x) {
  const auto flat = x.cpu().contiguous();
  const auto* first = flat.const_data_ptr<std::int64_t>();
  return {first, first + flat.numel()};
}

torch::Tensor tensor_of(const Places& places) {
  return torch::tensor(places, torch::kInt64);
}

torch::Tensor without(const torch::Tensor& scores, const Places& taken, double value) {
  return scores.index_fill(0, tensor_of(taken), value);
}

Places highest(const torch::Tensor& scores, std::int64_t n) {
  return top(numbers(scores), n);
}

// In the order of -log(u) / weight, the smallest first: as drawing one after another.
Places drawn(const torch::Tensor& weights, std::int64_t n, const assay::Rng& rng) {
  auto keys = numbers(weights);
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const double wait = -std::log1p(-rng.uniform(k));
    keys[k] = keys[k] > 0 ? -wait / keys[k] : -1e300 * (1 + wait);
  }
  return top(keys, n);
}

Places drawn_evenly(std::int64_t size, std::int64_t n, const assay::Rng& rng) {
  return drawn(at::ones({size}, torch::TensorOptions(torch::kDouble)), n, rng);
}

Places places_of_class(const torch::Tensor& label, std::int64_t c) {
  return places_in(label.eq(c).nonzero().squeeze(1));
}

// The remainders go to the largest fractions, the first classes of equals.
std::vector<std::int64_t> shares(const torch::Tensor& label, std::int64_t classes, std::int64_t n,
                                 bool alike) {
  const auto sizes = label.cpu().bincount({}, classes).contiguous();
  const auto* size = sizes.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> share(static_cast<std::size_t>(classes));
  for (std::int64_t left = n; left > 0;) {
    std::vector<double> wanted(share.size());
    double all = 0;
    for (std::size_t c = 0; c < share.size(); ++c) {
      if (share[c] < size[c]) wanted[c] = alike ? 1 : static_cast<double>(size[c]);
      all += wanted[c];
    }
    std::vector<std::pair<double, std::size_t>> fractions;
    std::int64_t given = 0;
    for (std::size_t c = 0; c < share.size(); ++c) {
      if (wanted[c] == 0) continue;
      const double exact = static_cast<double>(left) * wanted[c] / all;
      const auto whole = std::min(static_cast<std::int64_t>(exact), size[c] - share[c]);
      share[c] += whole;
      given += whole;
      if (share[c] < size[c]) fractions.emplace_back(std::floor(exact) - exact, c);
    }
    left -= given;
    if (given > 0 && left >= static_cast<std::int64_t>(fractions.size())) continue;
    std::stable_sort(fractions.begin(), fractions.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t k = 0; k < fractions.size() && left > 0; ++k, --left)
      ++share[fractions[k].second];
  }
  return share;
}

Places highest_per_class(const torch::Tensor& scores, const torch::Tensor& label,
                         std::int64_t classes, std::int64_t n) {
  const auto pick = [&](std::int64_t, const Places& places, std::int64_t count) {
    return highest(scores.index_select(0, tensor_of(places)), count);
  };
  return of_each_class(label, classes, n, /*alike=*/false, pick);
}

}  // namespace selection
