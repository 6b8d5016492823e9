// Selections whose gradients stand for those of all, with weights.
#pragma once

#include "assay/registry.h"
#include "assay/selector.h"

namespace selection {

/// Places and how much each counts.
using Choice = assay::Selector::Choice;

/// Greedy facility location over `x` [N, D]: n rows so that the sum over all rows of the distance
/// to the nearest of them falls fastest, each weighing the rows that are nearest to it. Gains are
/// counted again only for the row that would be next (Minoux, "Accelerated greedy algorithms",
/// 1978).
Choice facilities(const torch::Tensor& x, std::int64_t n);

/// Orthogonal matching pursuit: n rows of `x` [N, D] and weights w >= 0 for which the square of
/// sum_j w_j x_j - b, plus `ridge` times that of w, is small. The row that goes furthest along what
/// is left is taken next, and all weights are found anew. `ridge` is in parts of the largest
/// |x_j|^2.
Choice pursuit(const torch::Tensor& x, const torch::Tensor& b, std::int64_t n, double ridge);

struct PerClassParams {
  bool per_class = true;
};

/// Takes a class a step, each in proportion to its size, where the classes are taken apart.
class PerClass : public assay::Selector {
 public:
  Needs needs() const override {
    return {.label = per_class_, .gradients = true, .true_labels = true, .every_class = per_class_};
  }
  std::optional<Choice> step(std::int64_t k, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) final;
  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 protected:
  explicit PerClass(bool per_class) : per_class_(per_class) {}
  /// n of the rows x.
  virtual Choice among(const torch::Tensor& x, std::int64_t n) const = 0;

 private:
  bool per_class_;
  Choice found_;
};

/// Mirzasoleiman, Bilmes and Leskovec, "Coresets for data-efficient training of machine learning
/// models", ICML 2020.
class Craig final : public PerClass {
 public:
  using Params = PerClassParams;
  static assay::Schema<Params> schema();
  explicit Craig(const Params& params) : PerClass(params.per_class) {}

 private:
  Choice among(const torch::Tensor& x, std::int64_t n) const override { return facilities(x, n); }
};

/// Killamsetty, Sivasubramanian, Ramakrishnan, De and Iyer, "GRAD-MATCH: gradient matching based
/// data subset selection", ICML 2021.
class GradMatch final : public PerClass {
 public:
  struct Params {
    bool per_class = true;
    double ridge = 0.5;
  };
  static assay::Schema<Params> schema();
  explicit GradMatch(const Params& params) : PerClass(params.per_class), ridge_(params.ridge) {}

 private:
  Choice among(const torch::Tensor& x, std::int64_t n) const override {
    return pursuit(x, x.sum(0), n, ridge_);
  }
  double ridge_;
};

}  // namespace selection
