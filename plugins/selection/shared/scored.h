// Base of selectors that take the samples with the highest score.
#pragma once

#include "assay/schema.h"
#include "assay/selector.h"

namespace selection {

/// softmax(logits) [N, C] double.
torch::Tensor probabilities(const assay::Pool& pool);

/// |p - y|, the norm of the error of the probabilities: [N] double. Paul, Ganguli and Dziugaite,
/// "Deep learning on a data diet", NeurIPS 2021.
torch::Tensor el2n(const assay::Pool& pool);

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
  /// Ties are broken at random, by `rng`.
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

}  // namespace selection
