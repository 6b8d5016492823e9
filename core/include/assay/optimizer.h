// Optimizer: changes the weights, and asks a Problem for losses and gradients as often as it needs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assay/rng.h"
#include "assay/role.h"
#include "assay/state.h"

namespace assay {

/// A loss and its gradient at the current weights. Gradients are returned, not accumulated in
/// `.grad`: nothing has to be zeroed, and several can be kept and compared.
struct Gradient {
  double loss = 0.0;
  Tensors tensors;  // one tensor per Problem::parameters(), same shape and strides; the caller may
                    // write
};

/// How a loss is taken apart: into the terms of the objective, or into the groups of the dataset.
enum class By { kTerm, kGroup };

/// A term or a group that is present in this step: one with samples, whose weights are not all 0.
struct Part {
  std::int64_t index = 0;    // into Problem::names()
  std::int64_t samples = 0;  // in this step; `loss` is a mean over them
  /// The loss of the step is the sum of share * loss over the parts. It is 1 for a term, whose loss
  /// includes its weight, and the fraction of the step's samples, as they are weighted, for a
  /// group.
  double share = 1;
  double loss = 0;
  Tensors gradient = {};  // as Gradient::tensors; empty if only losses were asked for
};

/// Maps the parts present, in ascending order of their index, to one weight each. It sees losses,
/// but no gradients.
using Weigh = std::function<std::vector<double>(const std::vector<Part>&)>;

/// The minimization problem of one step, at the current weights. All calls within a step see the
/// same batches, random numbers (dropout masks) and batch-norm statistics, so f(w + e) - f(w)
/// measures e alone. Batch-norm statistics are updated once per step, by the first call. Calls also
/// work under a NoGradGuard, and from one thread only. Unless the manifest allows them, a
/// non-finite loss or gradient throws Error{kNumeric} that names the term if it can be told. Costs
/// below are per batch of the step: "forward" is one evaluation of the objective.
class Problem {
 public:
  static constexpr int kShared = -1;

  struct Subproblem {
    std::unique_ptr<Problem> problem;  // valid until the next step of the problem it was split from
    double share;                      // fraction of the step's samples; they add up to 1
  };

  virtual ~Problem();
  /// The trainable parameters, in the order of the model: leaf tensors, to be changed in place
  /// under a NoGradGuard.
  virtual const Tensors& parameters() const = 0;
  /// Their names, as in torch::nn::Module::named_parameters().
  virtual const std::vector<std::string>& parameter_names() const = 0;

  /// Per parameter, the index of the term that it belongs to alone (Partitioned), or kShared.
  virtual const std::vector<int>& owners() const = 0;

  /// The role of each parameter; empty: all are weights. An optimizer that perturbs weights without
  /// AscentProblem calls expect_all_ascended() in check(), one with weight decay check_decay(), and
  /// one that draws weights expect_weights().
  virtual std::vector<Role> roles() const { return {}; }

  /// Names of the terms, as Objective::terms(), or of the groups, as Info::groups.
  virtual const std::vector<std::string>& names(By by) const = 0;

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

  virtual double loss() = 0;            // 1 forward, no graph
  virtual Gradient raw_gradient() = 0;  // 1 forward, 1 backward

  // Only gradient() clips. Groups cost the forward passes given here if each term of the objective
  // has Term::per_sample; otherwise 1 forward per group in addition.

  /// The parts without gradients. 1 forward, no graph.
  virtual std::vector<Part> losses(By by) = 0;
  /// 1 forward, 1 backward per part.
  virtual std::vector<Part> gradients(By by) = 0;
  /// Part `index` alone. For a term 1 evaluation of that term, 1 backward. Throws
  /// Error{kParameter} if the step lacks it.
  virtual Part gradient_of(By by, std::int64_t index) = 0;
  /// The gradient of the sum of weigh(parts)[i] * (loss of part i); Gradient::loss is the loss of
  /// the step, unweighted. `weigh` is called once. 1 forward, 1 backward; 2 forward if the step has
  /// several batches.
  virtual Gradient weighted_gradient(By by, const Weigh& weigh) = 0;

  /// The product of the Hessian of loss() and `v`, which is a list like parameters(). 1 forward, 2
  /// backward. A view throws Error{kParameter} if its gradient is not that of a loss.
  virtual Tensors hessian_times(const Tensors& v) = 0;

  /// The batches of the step, cut into parts of at most `samples` samples, each a problem of its
  /// own with the same weights. Costs nothing by itself. Throws Error{kParameter} if this is a view
  /// that cannot be split.
  virtual std::vector<Subproblem> split(std::int64_t samples) = 0;
};

/// Used by one thread at a time.
class Optimizer : public Stateful {
 public:
  using Interface = Optimizer;
  static constexpr std::string_view kind = "optimizer";

  /// Called by the procedure before the first step; in a resumed training after load(). Throws
  /// Error{kParameter} if the optimizer cannot work on such a problem. Losses and gradients are not
  /// available yet. A wrapper calls check() of its base with the view that the base will see.
  virtual void check(Problem&) {}

  /// Takes one step and returns the loss at the weights before the step. If it throws, the weights
  /// are unchanged.
  virtual double step(Problem& problem) = 0;
};

}  // namespace assay
