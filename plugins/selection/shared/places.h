// Ways from a number for each sample to a selection.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "assay/rng.h"

namespace selection {

using Places = std::vector<std::int64_t>;

/// A tensor's numbers, from any device.
std::vector<double> numbers(const torch::Tensor& x);
Places places_in(const torch::Tensor& x);
torch::Tensor tensor_of(const Places& places);

/// `scores` [N] with `value` at the places that are taken.
torch::Tensor without(const torch::Tensor& scores, const Places& taken, double value);

/// The n with the highest scores [N]; of equals the first.
Places highest(const torch::Tensor& scores, std::int64_t n);

/// Of each class, in proportion to its size, those with the highest scores: n in all.
Places highest_per_class(const torch::Tensor& scores, const torch::Tensor& label,
                         std::int64_t classes, std::int64_t n);

/// n of N without replacement, one after another in proportion to `weights` [N] >= 0 of those that
/// are left; where weights run out, the rest is drawn evenly (Efraimidis and Spirakis, "Weighted
/// random sampling with a reservoir", 2006).
Places drawn(const torch::Tensor& weights, std::int64_t n, const assay::Rng& rng);

/// n of `size`, all alike likely, without replacement.
Places drawn_evenly(std::int64_t size, std::int64_t n, const assay::Rng& rng);

/// How many of n to take of each class of `label` [N]: in proportion to its size, or the same of
/// each; a class that is too small gives all it has and the others more. They add up to n.
std::vector<std::int64_t> shares(const torch::Tensor& label, std::int64_t classes, std::int64_t n,
                                 bool alike);

/// Places of class c.
Places places_of_class(const torch::Tensor& label, std::int64_t c);

/// n of the pool, by shares(): pick(c, places, count) answers which `count` of a class's `places`.
template <class Pick>
Places of_each_class(const torch::Tensor& label, std::int64_t classes, std::int64_t n, bool alike,
                     const Pick& pick) {
  const auto share = shares(label, classes, n, alike);
  Places chosen;
  for (std::int64_t c = 0; c < classes; ++c) {
    const auto places = places_of_class(label, c);
    for (const auto k : pick(c, places, share[static_cast<std::size_t>(c)]))
      chosen.push_back(places[static_cast<std::size_t>(k)]);
  }
  return chosen;
}

}  // namespace selection
