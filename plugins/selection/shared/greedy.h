// Base of selectors that add one sample after another.
#pragma once

#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

/// Adds up to 200 samples per step, and saves which were chosen.
class Greedy : public assay::Selector {
 public:
  std::optional<Choice> step(std::int64_t k, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) final;
  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 protected:
  /// Returns the place of the next sample, given those that are chosen.
  virtual std::int64_t next(const assay::Pool& pool, const Places& chosen,
                            const assay::Context& context) = 0;
  /// Called before the first next(), and after a resume; `n` is the size of the whole selection.
  virtual void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) = 0;
  /// Called before each step, with or without a resume. What next() updates incrementally is
  /// recomputed here, so that a resumed selection gives the same bits.
  virtual void refresh(const assay::Pool&, const Places&) {}
  /// The place of the highest of `scores` [N] double that is not chosen yet.
  static std::int64_t best(const torch::Tensor& scores, const Places& chosen);

 private:
  Places chosen_;
  bool started_ = false;
};

}  // namespace selection
