// Selections that cover what the samples are like, one sample after another.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"
#include "methods/scores.h"

namespace selection {

/// Adds one sample at a time, some hundreds a step, and remembers which.
class Greedy : public assay::Selector {
 public:
  std::optional<Choice> step(std::int64_t k, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) final;
  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 protected:
  /// The next one, given those that are chosen already.
  virtual std::int64_t next(const assay::Pool& pool, const Places& chosen,
                            const assay::Context& context) = 0;
  /// Called before next() for the first time, and after a resume; for `n` samples in all.
  virtual void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) = 0;
  /// Called before each step, also where nothing was resumed: what is found by small updates is
  /// found anew here, so that a resume gives the same bits.
  virtual void refresh(const assay::Pool&, const Places&) {}
  /// The place of the highest of `scores` [N] double that is not chosen yet.
  static std::int64_t best(const torch::Tensor& scores, const Places& chosen);

 private:
  Places chosen_;
  bool started_ = false;
};

/// Welling, "Herding dynamical weights to learn", ICML 2009: the sample that brings the sum of the
/// features closest to so many times their mean.
class Herding : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Herding(const Params&) {}
  Needs needs() const override { return {.features = true}; }

 protected:
  bool farthest_ = false;

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;

  torch::Tensor x_, square_, mean_, sum_;
};

/// As DeepCore has it: the sample that brings it farthest. Kept under its own name, for the numbers
/// that were published with it.
class HerdingDeepcore final : public Herding {
 public:
  explicit HerdingDeepcore(const Params& params) : Herding(params) { farthest_ = true; }
};

/// Sener and Savarese, "Active learning for convolutional neural networks: a core-set approach",
/// ICLR 2018: the sample farthest from all that are chosen; the first is nearest to the mean.
class KCentre final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit KCentre(const Params&) {}
  Needs needs() const override { return {.features = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void look_from(std::int64_t place);

  torch::Tensor x_, square_, nearest_;
};

/// Agarwal, Arora, Anand and Arora, "Contextual diversity for active learning", ECCV 2020: k-centre
/// by the symmetric divergence of what the model answers.
class ContextualDiversity final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit ContextualDiversity(const Params&) {}
  Needs needs() const override { return {.logits = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void look_from(std::int64_t place);

  torch::Tensor log_, p_, nearest_;
};

}  // namespace selection
