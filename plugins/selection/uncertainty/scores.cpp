#include "selection/uncertainty/scores.h"

#include <ATen/ops/log_softmax.h>

#include "selection/shared/scored.h"

namespace selection {

torch::Tensor entropy(const assay::Pool& pool) {
  const auto log = at::log_softmax(pool.logits.to(torch::kDouble), 1);
  return -(log.exp() * log).sum(1);
}

torch::Tensor margin(const assay::Pool& pool) {
  const auto [two, which] = probabilities(pool).topk(2, 1);
  return two.select(1, 1) - two.select(1, 0);
}

torch::Tensor least_confidence(const assay::Pool& pool) {
  return 1 - std::get<0>(probabilities(pool).max(1));
}

}  // namespace selection
