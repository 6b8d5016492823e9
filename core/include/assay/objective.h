// Objective: the loss, as a sum of named terms that optimizers can weigh or compare.
#pragma once

#include <string>
#include <vector>

#include "assay/dataset.h"
#include "assay/model.h"

namespace assay {

/// One term of the loss. The loss is the sum of weight * value over the terms.
struct Term {
  torch::Tensor value;  // 0-dim, float, differentiable; a mean over samples() samples
  double weight = 1.0;
  /// The loss of each sample, [B], from the graph of the same forward pass, if `value` is their
  /// mean: with it, samples can be weighted, and groups need no forward pass of their own. A term
  /// over n of the B samples gives B / n times the losses of these, and 0 for the others.
  /// Undefined if the term is not such a mean (a penalty on the weights, say).
  torch::Tensor per_sample = {};
  /// True if no gradient is expected, by design: a term that is only reported. Any other term whose
  /// value requires no gradient fails `assay plugin test`.
  bool constant = false;
};

/// Used by one thread at a time.
class Objective : public Stateful {
 public:
  using Interface = Objective;
  static constexpr std::string_view kind = "objective";

  /// Names of the terms, in the order of evaluate(). They must not change. They appear in metrics
  /// (train/term/<name>) and messages. Owned by the objective.
  virtual const std::vector<std::string>& terms() const = 0;

  /// Called by check_objective() (assay/sdk/training.h), without gradients and with the model in
  /// eval mode, on a few samples as the procedure will see them. Throws Error{kParameter} if the
  /// objective cannot work.
  virtual void check(Model& model, const Batch& samples) const;
  /// Number of samples that a batch must have at least.
  virtual std::int64_t smallest_batch() const { return 1; }

  /// Called once per step and batch, at the step's first weights, with gradients enabled: all
  /// evaluations of the step see the batch that it returns. For pseudo-labels, attacked inputs,
  /// diffusion times and noise, which a second evaluation elsewhere must not make anew. It may
  /// change inputs and targets, and add to Batch::extra; the samples, with id, group and weight,
  /// stay. What it adds is detached and [B, ...]; what is random per sample draws from sample_rng()
  /// (assay/transform.h). It may run the model, in the mode and under the autocast of the step:
  /// buffers are restored. A model without logits is evaluated by its objective, which prepares
  /// those batches too, with the model in eval mode.
  virtual Batch prepare(Model& model, const Batch& batch, const Context& context);

  /// Called once per step, after the weights have moved, with the batches that prepare() returned:
  /// for queues, averaged teachers, and an adversary's own step. `context.rng` is a stream of its
  /// own. What it does to buffers of the model stays.
  virtual void finish_step(Model&, const std::vector<Batch>&, const Context&) {}

  /// Whether the terms of a batch are means over its samples, each weighing samples(). If not (a
  /// contrastive loss, a variance over groups), accumulation, split() and groups are refused; with
  /// `static Strings hides()`, which returns {"Split", "Groups"}, already by `validate`.
  virtual bool decomposes() const { return true; }

  /// Whether the loss depends on what earlier steps have left (a queue, an averaged teacher). A
  /// later stage begins without that, and so cannot measure it.
  virtual bool remembers() const { return false; }

  /// Computes all terms on one batch, which is on the model's device. It may run the model several
  /// times (two views, an attack, another domain); each run moves the statistics of batch norm. It
  /// changes neither weights nor `.grad`, and draws only from `context.rng`, so equal contexts give
  /// equal results. Gradients may be disabled.
  virtual std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) = 0;

  /// Computes evaluate(...)[index]. The default evaluates all terms. Override it if the model runs
  /// once per term, with the same random numbers, so that one term costs one forward pass.
  virtual Term evaluate_term(std::size_t index, Model& model, const Batch& batch,
                             const Context& context);

  /// Number of samples of `batch` over which term `index` is a mean; batch.size() by default. If a
  /// step has several batches (accumulation), the term's mean over the step weighs each by it.
  virtual std::int64_t samples(std::size_t index, const Batch& batch) const;
};

}  // namespace assay
