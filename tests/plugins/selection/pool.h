// A small pool, and what a selector takes of it.
#pragma once

#include <catch2/catch.hpp>

#include <set>

#include "assay/selector.h"
#include "methods/scores.h"

namespace selection::testing {

using assay::Pool;

inline torch::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, assay::Rng(seed).generator(), torch::TensorOptions(torch::kFloat));
}

inline Pool pool(std::int64_t size = 60, std::uint64_t seed = 1) {
  Pool made;
  made.size = size;
  made.classes = 3;
  made.label = at::arange(size, torch::kInt64) % 3;
  made.features = normal({size, 5}, seed) + made.label.unsqueeze(1);
  made.logits = normal({size, 3}, seed + 1);
  made.gradients = normal({size, 6}, seed + 2) * at::arange(1, 7, torch::kFloat);
  return made;
}

inline Places chosen(assay::Selector& selector, const Pool& from, std::int64_t n,
                     std::uint64_t seed = 0) {
  for (std::int64_t k = 0;; ++k)
    if (const auto choice = selector.step(k, from, n, {torch::kCPU, assay::Rng(seed)})) {
      const std::set<std::int64_t> different(choice->places.begin(), choice->places.end());
      REQUIRE(std::ssize(different) == std::ssize(choice->places));
      REQUIRE(*different.begin() >= 0);
      REQUIRE(*different.rbegin() < from.size);
      return choice->places;
    }
}

inline std::vector<std::int64_t> by_class(const Pool& from, const Places& places) {
  const auto counts =
      from.label.index_select(0, torch::tensor(places, torch::kInt64)).bincount({}, from.classes);
  return {counts.const_data_ptr<std::int64_t>(),
          counts.const_data_ptr<std::int64_t>() + from.classes};
}

}  // namespace selection::testing
