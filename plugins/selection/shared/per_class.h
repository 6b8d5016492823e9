// Base of selectors that match gradients, with weights, one class per step.
#pragma once

#include "assay/selector.h"

namespace selection {

/// Places and their weights.
using Choice = assay::Selector::Choice;

/// Documentation of a parameter `per_class`.
inline constexpr const char* kPerClass =
    "Selects per class, in proportion to its size; needs labels.";

/// Selects one class per step, in proportion to its size; or the whole pool in one step.
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
  /// Selects n of the rows x [N, m].
  virtual Choice among(const torch::Tensor& x, std::int64_t n) const = 0;

 private:
  bool per_class_;
  Choice found_;
};

}  // namespace selection
