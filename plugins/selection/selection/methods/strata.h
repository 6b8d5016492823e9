// Selections that take neither the easiest nor the hardest samples alone.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"

namespace selection {

/// Xia, Liu, Yu, Shen, Han and Liu, "Moderate coreset", ICLR 2023: of each class the samples whose
/// distance to the class's mean feature is nearest to the median one.
class Moderate final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Moderate(const Params&) {}
  Needs needs() const override { return {.label = true, .features = true, .every_class = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;
};

/// Zheng, Liu, Lai and Prakash, "Coverage-centric coreset selection for high pruning rates", ICLR
/// 2023: the hardest share is left out, scores are cut into strata of equal width, and each
/// stratum, the smallest first, gives its part of what is still to be taken.
class CoverageCentric final : public assay::Selector {
 public:
  struct Params {
    double hardest = 0.1;
    std::int64_t strata = 50;
  };
  static assay::Schema<Params> schema();
  explicit CoverageCentric(const Params& params) : p_(params) {}
  Needs needs() const override { return {.label = true, .logits = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  Params p_;
};

}  // namespace selection
