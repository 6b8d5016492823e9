// Predictions by hand, and what a metric says of them.
#pragma once

#include <catch2/catch.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/log.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include "assay/metric.h"
#include "assay/rng.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

/// `p` [N, K] float64 and targets; an empty list: a set without targets.
inline Predictions predictions_of(const torch::Tensor& p, const std::vector<std::int64_t>& y) {
  Predictions made;
  made.id = at::arange(p.size(0), torch::kInt64);
  made.log_probability = p.log();
  made.label = p.argmax(1);
  made.group = at::zeros({p.size(0)}, torch::kInt64);
  made.members = made.log_probability.unsqueeze(0);
  if (!y.empty()) made.target = torch::tensor(y, torch::kInt64);
  return made;
}

inline std::map<std::string, double> measured(const std::string& metric, const Values& params,
                                              const PredictionSets& sets, std::int64_t classes) {
  const Info info{.classes = classes};
  Measured into;
  plugins().make<Metric>({metric, params}, &info)->measure(sets, into);
  return {into.rows().begin(), into.rows().end()};
}

/// Random rows that add up to 1, [n, classes] float64.
inline torch::Tensor random_probabilities(std::int64_t n, std::int64_t classes,
                                          std::uint64_t seed) {
  return (at::randn({n, classes}, Rng(seed).generator(), torch::kDouble) * 2).softmax(1);
}

inline std::vector<std::int64_t> random_targets(std::int64_t n, std::int64_t classes,
                                                std::uint64_t seed) {
  const auto y = at::randint(0, classes, {n}, Rng(seed).generator(), torch::kInt64);
  return {y.data_ptr<std::int64_t>(), y.data_ptr<std::int64_t>() + n};
}

}  // namespace assay::testing
