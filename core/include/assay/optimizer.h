// Optimizer: moves weights, asking the Problem for losses and gradients as often as it likes.
#pragma once

#include <string>
#include <vector>

#include "assay/state.h"

namespace assay {

/// A loss and its gradient at the current weights. Gradients are values, not `.grad` side
/// effects: nothing has to be zeroed, and two of them can be held and compared.
struct Gradient {
  double loss = 0.0;
  Tensors of;  // aligned with Problem::parameters(); owned by the caller, who may write on it
};

/// The minimisation problem of one step. All calls within a step see the same batch and replay the
/// same random stream and batch-norm statistics, so f(w + e) - f(w) measures e and not the dropout
/// mask; all of them work under a NoGradGuard too. They throw Error{kNumeric} for a loss that is
/// not finite, unless the manifest allows it.
class Problem {
 public:
  virtual ~Problem();
  virtual const Tensors& parameters() const = 0;  // leaves; change them under NoGradGuard
  virtual const std::vector<std::string>& terms() const = 0;

  /// The schedule's factor of this step: an optimizer multiplies its step size by it.
  virtual double learning_rate_factor() const = 0;

  virtual double loss() = 0;        // 1 forward, no graph
  virtual Gradient gradient() = 0;  // 1 forward, 1 backward: weighted sum
  /// 1 forward, and 1 backward a term; unweighted.
  virtual std::vector<Gradient> gradient_per_term() = 0;
  /// 1 forward and backward a group that is present.
  virtual std::vector<Gradient> gradient_per_group() = 0;
};

/// A Problem that is another one but for what a wrapper overrides. Optimizers nest through it: SAM
/// hands its base a view whose gradient() is taken uphill.
class ProblemView : public Problem {
 public:
  explicit ProblemView(Problem& inner) : inner_(inner) {}
  const Tensors& parameters() const override { return inner_.parameters(); }
  const std::vector<std::string>& terms() const override { return inner_.terms(); }
  double learning_rate_factor() const override { return inner_.learning_rate_factor(); }
  double loss() override { return inner_.loss(); }
  Gradient gradient() override { return inner_.gradient(); }
  std::vector<Gradient> gradient_per_term() override { return inner_.gradient_per_term(); }
  std::vector<Gradient> gradient_per_group() override { return inner_.gradient_per_group(); }

 protected:
  Problem& inner_;
};

class Optimizer : public Stateful {
 public:
  using Interface = Optimizer;
  static constexpr std::string_view kind = "optimizer";

  /// Takes one step and returns the loss at the weights it started from. Where it throws, the
  /// weights are those it started from.
  virtual double step(Problem& problem) = 0;
};

}  // namespace assay
