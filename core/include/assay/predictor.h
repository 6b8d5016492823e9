// Predictor: what a model, or several, say of samples: one pass, an ensemble, posterior samples.
#pragma once

#include "assay/procedure.h"

namespace assay {

/// What is said of the N samples of a set, on the CPU, in the order of their ids. What is not there
/// is undefined.
struct Predictions {
  torch::Tensor id = {};  // [N] int64
  /// [N] int64 classes, or [N, T] float32; undefined if EvaluationSet::has_targets() is false.
  torch::Tensor target = {};
  torch::Tensor group = {};            // [N] int64
  torch::Tensor log_probability = {};  // [N, K] float32, in nats; classification
  torch::Tensor label = {};            // [N] int64, the predicted class
  torch::Tensor value = {};            // [N, T] float32; regression
  torch::Tensor abstained = {};        // [N] bool: no answer, which counts as a wrong one
  // Of each of S passes, if Keeps asks for them: [S, N, K] log probabilities, or [S, N, T] values.
  torch::Tensor members = {};
  torch::Tensor features = {};  // [N, D] of the first pass, if Keeps asks for them
  torch::Tensor logits = {};    // [N, K] of the first pass, if Keeps asks for them
  /// Means over the set of the objective's terms by name, and `loss`, their weighted sum: only of a
  /// model that gives no logits.
  std::map<std::string, double> terms = {};
  Info info = {};  // of the set's own dataset

  std::int64_t size() const { return id.defined() ? id.size(0) : 0; }
};

/// What a loop over a set must hold on to.
struct Keeps {
  bool members = false, features = false, logits = false;
  bool answers = true;  // log_probability, label, value and abstained
};

/// Used by one thread at a time. Its state is saved with that of the procedure.
class Predictor : public Stateful {
 public:
  using Interface = Predictor;
  static constexpr std::string_view kind = "predictor";

  /// Called before anything is trained. Throws Error if it can make no use of this model.
  virtual void check(const Model&) const {}
  /// Number of passes over a set, whose probabilities or values are averaged.
  virtual std::int64_t passes() const { return 1; }
  /// Whether begin_pass() changes weights or buffers: they are then restored after each pass.
  virtual bool changes_weights() const { return false; }
  /// Called before pass `pass` over a set, and again if the pass is resumed, with the weights as
  /// they were before it: sets weights, refreshes batch norm, fits centroids. `context.rng` is the
  /// stream of this pass, the same for all sets.
  virtual void begin_pass(std::int64_t pass, Parts& parts, const Context& context);
  /// The predictions of this pass for a batch on the model's device, with the model in eval mode;
  /// another mode, such as dropout, is set and restored in here. `context.rng` is the stream of
  /// this pass and batch. It gives log_probability or value, and what else it has; ids, targets and
  /// groups are filled in, and the label, if it is undefined, with the largest probability.
  virtual Predictions predict(Model& model, const Batch& batch, const Context& context) = 0;
};

}  // namespace assay
