// Callback: watches a training, and may decide with which weights it is evaluated and ends.
#pragma once

#include "assay/procedure.h"

namespace assay {

/// How long a training is.
struct TrainingSpan {
  std::int64_t steps = 0;            // in all; early stopping may end it before
  std::int64_t steps_per_epoch = 0;  // an epoch's last step may have fewer batches
};

/// Built once per stage, and used from one thread. Its state is saved with that of the procedure. A
/// callback may run the model and change its mode, if it restores it; it draws only from
/// `context.rng`, and does not change weights or gradients.
class Callback : public Stateful {
 public:
  using Interface = Callback;
  static constexpr std::string_view kind = "callback";

  /// Called by Procedure::check(), unless the length of the training is not known yet, and before
  /// start(). Parameters that are not to be trained are frozen. Throws Error{kParameter} or
  /// Error{kData} if it cannot do its work in such a training.
  virtual void check(const TrainingSpan&, const Parts&) const {}

  /// Called before the first step; in a resumed training after load(), before the next step.
  /// `parts` outlives the training.
  virtual void start(const TrainingSpan&, Parts&, const Context&) {}

  /// Called before step `step`, counted from 0, on `batches`, which are on the model's device.
  virtual void before_step(std::int64_t step, const std::vector<Batch>& batches, Parts& parts,
                           const Context& context);

  /// Called after step `step`, before an evaluation that follows it.
  virtual void after_step(std::int64_t step, Parts& parts, const Context& context,
                          Results& results);

  /// Called after an evaluation on the validation split, with the weights it was done with in the
  /// model. `score` is the monitored metric, negated if smaller is better.
  virtual void after_validation(std::int64_t step, double score, Parts& parts, Results& results);

  /// Called once, after the last evaluation, with the final weights in the model.
  virtual void finish(Parts&, const Context&, Results&) {}
};

/// Ability of a callback, or of the stage's optimizer, the outermost one: evaluation is done with
/// other weights, with which the model ends. At most one of a training has it.
class WeightLender {
 public:
  virtual ~WeightLender();
  /// Like Model::parameters(), followed by Model::buffers() or not, or like Problem::parameters(),
  /// which are those that are trained; empty: the model's own. They are read until the next step.
  virtual Tensors lent_weights() = 0;
};

/// Ability of a callback: the model ends with weights of its choice, such as the best ones. At most
/// one of a training has it; it goes before a WeightLender.
class WeightChooser {
 public:
  virtual ~WeightChooser();
  /// As WeightLender::lent_weights(), after the last validation.
  virtual Tensors final_weights() = 0;
};

}  // namespace assay
