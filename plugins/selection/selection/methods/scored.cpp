#include "methods/scored.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "methods/scores.h"

namespace selection {
namespace {

torch::Tensor probabilities(const assay::Pool& pool) {
  return at::softmax(pool.logits.to(torch::kDouble), 1);
}

}  // namespace

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

torch::Tensor el2n(const assay::Pool& pool) {
  return (probabilities(pool) - at::one_hot(pool.label, pool.classes)).norm(2, 1);
}

torch::Tensor gradient_norm(const assay::Pool& pool) {
  return pool.gradients.to(torch::kDouble).norm(2, 1);
}

torch::Tensor forgetting(const assay::Pool& pool) {
  return pool.forgotten.masked_fill(pool.forgotten < 0,
                                    pool.forgotten.max().item<std::int64_t>() + 1);
}

assay::Schema<ScoredParams> ScoredBase::schema() {
  return assay::Schema<Params>().field(
      "per_class", &Params::per_class, assay::any(),
      "Takes the highest scores of each class, in proportion to its size, not of all.");
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
