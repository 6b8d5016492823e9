// A small pool, and what a selector takes of it.
#pragma once

#include <catch2/catch.hpp>

#include <set>

#include "assay/selector.h"
#include "selection/shared/places.h"
#include "tests/support/plugin_host.h"

namespace selection::testing {

using assay::Pool;

inline torch::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, assay::Rng(seed).generator(), torch::TensorOptions(torch::kFloat));
}

inline Pool pool(std::int64_t size = 60, std::uint64_t seed = 1) {
  Pool pool;
  pool.size = size;
  pool.classes = 3;
  pool.label = at::arange(size, torch::kInt64) % 3;
  pool.features = normal({size, 5}, seed) + pool.label.unsqueeze(1);
  pool.logits = normal({size, 3}, seed + 1);
  pool.gradients = normal({size, 6}, seed + 2) * at::arange(1, 7, torch::kFloat);
  pool.norms = pool.gradients.to(torch::kDouble).norm(2, 1);
  return pool;
}

/// A selector of this build, by its registered name.
inline std::shared_ptr<assay::Selector> made(const std::string& name, assay::Values params = {}) {
  return assay::testing::plugins().make<assay::Selector>({name, std::move(params)});
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

inline Places chosen(const std::string& name, const Pool& from, std::int64_t n,
                     std::uint64_t seed = 0) {
  return chosen(*made(name), from, n, seed);
}

inline std::vector<std::int64_t> by_class(const Pool& from, const Places& places) {
  const auto counts =
      from.label.index_select(0, torch::tensor(places, torch::kInt64)).bincount({}, from.classes);
  return {counts.const_data_ptr<std::int64_t>(),
          counts.const_data_ptr<std::int64_t>() + from.classes};
}

}  // namespace selection::testing
