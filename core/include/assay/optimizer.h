// Optimizer: changes the weights, and asks a Problem for losses and gradients as often as it needs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assay/rng.h"
#include "assay/state.h"

namespace assay {

/// A loss and its gradient at the current weights. Gradients are returned, not accumulated in
/// `.grad`: nothing has to be zeroed, and several can be kept and compared.
struct Gradient {
  double loss = 0.0;
  Tensors tensors;  // one tensor per Problem::parameters(), same shape and strides; the caller may
                    // write
};

/// The mean loss over the samples of one group (a domain, a spurious group) in a step.
struct GroupLoss {
  std::int64_t group = 0;    // index, as in Batch::group
  std::int64_t samples = 0;  // number in this step
  double loss = 0.0;
};
struct GroupGradient {
  GroupLoss group;
  Tensors tensors;
};

/// Maps the losses of all terms, or of the groups present, to one weight each.
using Weigh = std::function<std::vector<double>(const std::vector<double>& losses)>;
using WeighGroups = std::function<std::vector<double>(const std::vector<GroupLoss>& losses)>;

/// The minimization problem of one step, at the current weights. All calls within a step see the
/// same batches, random numbers (dropout masks) and batch-norm statistics, so f(w + e) - f(w)
/// measures e alone. Batch-norm statistics are updated once per step, by the first call. Calls also
/// work under a NoGradGuard, and from one thread only. Unless the manifest allows them, a
/// non-finite loss or gradient throws Error{kNumeric} that names the term if it can be told. Costs
/// below are per batch of the step: "forward" is one evaluation of the objective.
class Problem {
 public:
  static constexpr int kShared = -1;

  struct Part {
    std::unique_ptr<Problem> problem;  // valid until the next step of the problem it was split from
    double share;                      // fraction of the step's samples; they add up to 1
  };

  virtual ~Problem();
  /// The trainable parameters, in the order of the model: leaf tensors, to be changed in place
  /// under a NoGradGuard.
  virtual const Tensors& parameters() const = 0;
  /// Names of the terms, as Objective::terms().
  virtual const std::vector<std::string>& terms() const = 0;

  /// Per parameter, the index of the term that it belongs to alone (Partitioned), or kShared.
  virtual const std::vector<int>& owners() const = 0;

  /// Factor of the learning-rate schedule in this step. The optimizer multiplies its step size by
  /// it.
  virtual double learning_rate_factor() const = 0;

  /// The random stream of this step for optimizers; the objective draws from another one.
  virtual const Rng& rng() const = 0;

  /// Reports a number. Its mean over the calls since the last row becomes the metric train/<name>.
  virtual void report(std::string_view name, double value) = 0;

  /// Name of the wrapper that combined the terms into one gradient; empty if gradients of terms and
  /// groups are available. See check_parts(). An optimizer that needs parts of the batch calls
  /// split() in its check() instead.
  virtual std::string combined_by() const { return {}; }

  /// The gradient to step with: raw_gradient(), scaled down to largest_norm() if it is longer.
  /// 1 forward, 1 backward. Not virtual: a view overrides raw_gradient().
  Gradient gradient();
  virtual double largest_norm() const = 0;  // L2 norm over all parameters; 0: no clipping

  // The loss and gradient of a term include its weight, so that the terms add up to the loss. Only
  // gradient() clips.
  virtual double loss() = 0;                 // 1 forward, no graph
  virtual std::vector<double> losses() = 0;  // per term; 1 forward, no graph

  virtual Gradient raw_gradient() = 0;                    // 1 forward, 1 backward
  virtual std::vector<Gradient> gradient_per_term() = 0;  // 1 forward, 1 backward per term
  /// 1 evaluation of that term, 1 backward.
  virtual Gradient gradient_of_term(std::size_t index) = 0;
  /// The gradient of sum_k weigh(losses)[k] * term k; Gradient::loss is the unweighted loss.
  /// `weigh` is called once. 1 forward, 1 backward; 2 forward if the step has several batches.
  virtual Gradient weighted_gradient(const Weigh& weigh) = 0;

  /// One entry per group present, ascending; groups whose samples all weigh 0 are absent. 1
  /// forward, 1 backward per group; if a term lacks Term::each, 1 forward per group in addition.
  virtual std::vector<GroupGradient> gradient_per_group() = 0;
  /// As weighted_gradient(), over the groups present. If a term lacks Term::each, it costs as much
  /// as gradient_per_group().
  virtual Gradient group_weighted_gradient(const WeighGroups& weigh) = 0;

  /// The batches of the step, cut into parts of at most `samples` samples, each a problem of its
  /// own with the same weights. Costs nothing by itself. Throws Error{kParameter} if this is a view
  /// that cannot be split.
  virtual std::vector<Part> split(std::int64_t samples) = 0;
};

/// Used by one thread at a time.
class Optimizer : public Stateful {
 public:
  using Interface = Optimizer;
  static constexpr std::string_view kind = "optimizer";

  /// Called by the procedure once before the first step. Throws Error{kParameter} if the optimizer
  /// cannot work on such a problem. Losses and gradients are not available yet. A wrapper calls
  /// check() of its base with the view that the base will see.
  virtual void check(Problem&) {}

  /// Takes one step and returns the loss at the weights before the step. If it throws, the weights
  /// are unchanged.
  virtual double step(Problem& problem) = 0;
};

}  // namespace assay
