#include "selection/shared/scored.h"

#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "selection/shared/places.h"

namespace selection {

torch::Tensor probabilities(const assay::Pool& pool) {
  return at::softmax(pool.logits.to(torch::kDouble), 1);
}

torch::Tensor el2n(const assay::Pool& pool) {
  return (probabilities(pool) - at::one_hot(pool.label, pool.classes)).norm(2, 1);
}

assay::Schema<ScoredParams> ScoredBase::schema() {
  return assay::Schema<Params>().field(
      "per_class", &Params::per_class, assay::any(),
      "Selects the highest scores per class, in proportion to the class size, instead of over the "
      "whole split.");
}

assay::Selector::Choice ScoredBase::best(const torch::Tensor& scores, const assay::Pool& pool,
                                         std::int64_t n, const assay::Rng& rng) const {
  const auto order = torch::randperm(pool.size, rng.generator(), torch::kInt64);
  const auto shuffled = scores.cpu().index_select(0, order);
  const auto chosen =
      p_.per_class ? highest_per_class(shuffled, pool.label.index_select(0, order), pool.classes, n)
                   : highest(shuffled, n);
  return {places_in(order.index_select(0, tensor_of(chosen)))};
}

}  // namespace selection
