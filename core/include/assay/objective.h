// Objective: what is minimised, as named terms, so that methods may weigh or align them.
#pragma once

#include <string>
#include <vector>

#include "assay/dataset.h"
#include "assay/model.h"

namespace assay {

/// One scalar part of the loss. The loss is the sum of weight * value.
struct Term {
  torch::Tensor value;  // 0-dim, float, attached to the graph; a mean over the batch
  double weight = 1.0;
};

class Objective : public Stateful {
 public:
  using Interface = Objective;
  static constexpr std::string_view kind = "objective";

  /// Names of the terms evaluate() returns, in that order; fixed for the object's life.
  virtual const std::vector<std::string>& terms() const = 0;

  /// Runs the model as often as it needs (two views, an inner attack, a second domain) on one
  /// batch. It touches neither weights nor `.grad`; randomness comes from `context.rng` only, so
  /// a second call with the same context repeats the first exactly.
  virtual std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) = 0;
};

}  // namespace assay
