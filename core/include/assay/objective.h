// Objective: what is minimised, as named terms, so that methods may weigh or align them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assay/dataset.h"
#include "assay/model.h"

namespace assay {

/// One scalar part of the loss. The loss is the sum of weight * value.
struct Term {
  torch::Tensor value;  // 0-dim, float, attached to the graph; a mean over samples()
  double weight = 1.0;
  /// Where `value` is the mean of one number a sample: those numbers, [B], of the same forward
  /// pass. It lets samples and groups be weighed without running the model again.
  std::function<torch::Tensor()> each = {};
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

  /// evaluate(...)[index] alone. An objective that runs the model once a term overrides it, with
  /// the same random numbers, so that a method that asks for one term does not pay for all.
  virtual Term evaluate_term(std::size_t index, Model& model, const Batch& batch,
                             const Context& context);

  /// How many samples of `batch` term `index` is the mean of: where a step has several batches,
  /// its mean over all of them weighs each by this number. All of the batch, unless it says else.
  virtual std::int64_t samples(std::size_t index, const Batch& batch) const;
};

}  // namespace assay
