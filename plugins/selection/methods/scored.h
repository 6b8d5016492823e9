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

using Score = torch::Tensor (*)(const assay::Pool&);

struct ScoredParams {
  bool per_class = false;
};

/// `needs_label` without per_class, too.
template <Score score, bool needs_label, bool needs_gradients>
class Scored;

class ScoredBase : public assay::Selector {
 public:
  using Params = ScoredParams;
  static assay::Schema<Params> schema();

 protected:
  explicit ScoredBase(const Params& params) : p_(params) {}
  Choice best(const torch::Tensor& scores, const assay::Pool& pool, std::int64_t n) const;
  Params p_;
};

template <Score score, bool needs_label, bool needs_gradients>
class Scored final : public ScoredBase {
 public:
  explicit Scored(const Params& params) : ScoredBase(params) {}
  Needs needs() const override {
    return {.label = needs_label || p_.per_class,
            .logits = !needs_gradients,
            .gradients = needs_gradients};
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context&) override {
    return best(score(pool), pool, n);
  }
};

using Entropy = Scored<entropy, false, false>;
using Margin = Scored<margin, false, false>;
using LeastConfidence = Scored<least_confidence, false, false>;
using El2n = Scored<el2n, true, false>;
using Grand = Scored<gradient_norm, true, true>;

}  // namespace selection
