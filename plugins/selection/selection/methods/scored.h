// Selections of the samples with the highest score, by what the model answers them.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"

namespace selection {

/// [N] each. `logits` [N, C], `label` [N].
torch::Tensor entropy(const assay::Pool& pool);           // -sum_c p_c log p_c
torch::Tensor margin(const assay::Pool& pool);            // minus the lead of the first class
torch::Tensor least_confidence(const assay::Pool& pool);  // 1 - max_c p_c
torch::Tensor el2n(const assay::Pool& pool);              // |p - y|
torch::Tensor gradient_norm(const assay::Pool& pool);     // |g|

/// How often it was forgotten; more than any for samples that were never right.
torch::Tensor forgetting(const assay::Pool& pool);

using Score = torch::Tensor (*)(const assay::Pool&);

struct ScoredParams {
  bool per_class = false;
};

class ScoredBase : public assay::Selector {
 public:
  using Params = ScoredParams;
  static assay::Schema<Params> schema();

 protected:
  explicit ScoredBase(const Params& params) : p_(params) {}
  /// Of equal scores those that `rng` draws.
  Choice best(const torch::Tensor& scores, const assay::Pool& pool, std::int64_t n,
              const assay::Rng& rng) const;
  Params p_;
};

template <Score score, assay::Selector::Needs looks_at>
class Scored final : public ScoredBase {
 public:
  explicit Scored(const Params& params) : ScoredBase(params) {}
  Needs needs() const override {
    auto needs = looks_at;
    needs.label = needs.label || p_.per_class;
    needs.every_class = p_.per_class;
    return needs;
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override {
    return best(score(pool), pool, n, context.rng);
  }
};

using Entropy = Scored<entropy, {.logits = true}>;
using Margin = Scored<margin, {.logits = true}>;
using LeastConfidence = Scored<least_confidence, {.logits = true}>;
using El2n = Scored<el2n, {.label = true, .logits = true}>;
using Grand = Scored<gradient_norm, {.gradients = true, .true_labels = true}>;
using Forgetting = Scored<forgetting, {.forgotten = true}>;

}  // namespace selection
