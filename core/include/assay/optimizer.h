// Optimizer: moves weights, asking the Problem for losses and gradients as often as it likes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assay/rng.h"
#include "assay/state.h"

namespace assay {

/// A loss and its gradient at the current weights. Gradients are values, not `.grad` side
/// effects: nothing has to be zeroed, and two of them can be held and compared.
struct Gradient {
  double loss = 0.0;
  Tensors of;  // laid out as Problem::parameters(); owned by the caller, who may write on it
};

/// The mean loss of the step's samples of one group (a domain, a spurious group).
struct GroupLoss {
  std::int64_t group = 0;    // as in Batch::group
  std::int64_t samples = 0;  // of this step
  double loss = 0.0;
};
struct GroupGradient {
  GroupLoss at;
  Tensors of;
};

/// From losses to the weights of their sum.
using Weigh = std::function<std::vector<double>(const std::vector<double>& losses)>;
using WeighGroups = std::function<std::vector<double>(const std::vector<GroupLoss>& losses)>;

/// The minimisation problem of one step. All calls within a step see the same batch and replay the
/// same random stream and batch-norm statistics, so f(w + e) - f(w) measures e and not the dropout
/// mask; all of them work under a NoGradGuard too. They throw Error{kNumeric}, naming the term, for
/// a loss or a gradient that is not finite, unless the manifest allows it.
class Problem {
 public:
  static constexpr int kShared = -1;

  struct Part {
    std::unique_ptr<Problem> problem;  // valid as long as the one it was split from
    double share;                      // of the samples; they add up to 1
  };

  virtual ~Problem();
  virtual const Tensors& parameters() const = 0;  // leaves; change them under NoGradGuard
  virtual const std::vector<std::string>& terms() const = 0;

  /// For each parameter the index of the only term it has a part in, or kShared.
  virtual const std::vector<int>& owners() const = 0;

  /// The schedule's factor of this step: an optimizer multiplies its step size by it.
  virtual double learning_rate_factor() const = 0;

  /// The step's random stream for optimizers; the objective's is another one.
  virtual const Rng& rng() const = 0;

  /// A figure for people: its mean since the last row is reported as train/<name>.
  virtual void report(std::string_view name, double value) = 0;

  /// The optimizer whose one gradient is all that there is to be had; empty where terms and groups
  /// can be asked for. Who needs parts of the batch calls split() in check().
  virtual std::string maker() const { return {}; }

  /// What moves the weights: raw_gradient(), cut to the manifest's largest norm.
  Gradient gradient();
  virtual double largest_norm() const = 0;  // 0: no clipping

  // A term's value counts here with its weight: the terms add up to the loss.
  virtual double loss() = 0;                 // 1 forward, no graph
  virtual std::vector<double> losses() = 0;  // of each term; 1 forward, no graph

  virtual Gradient raw_gradient() = 0;                       // 1 forward, 1 backward
  virtual std::vector<Gradient> gradient_per_term() = 0;     // 1 forward, and 1 backward a term
  virtual Gradient gradient_of_term(std::size_t index) = 0;  // 1 forward, 1 backward of that term
  /// The gradient of sum_k weigh(losses)[k] * term k, with the plain loss: 1 forward, 1 backward;
  /// with several batches a step, another forward.
  virtual Gradient weighted_gradient(const Weigh& weigh) = 0;

  /// The groups that are present, ascending. 1 forward, and 1 backward a group; where a term of the
  /// objective does not say what each sample's part in it is, 1 forward a group besides.
  virtual std::vector<GroupGradient> gradient_per_group() = 0;
  /// As weighted_gradient(), over the groups that are present.
  virtual Gradient group_weighted_gradient(const WeighGroups& weigh) = 0;

  /// The step's batch in parts of at most `samples` samples.
  virtual std::vector<Part> split(std::int64_t samples) = 0;
};

class Optimizer : public Stateful {
 public:
  using Interface = Optimizer;
  static constexpr std::string_view kind = "optimizer";

  /// Whoever trains with it calls this before the first step. Throws Error{kParameter} where it
  /// cannot work on such a problem; no losses or gradients are to be had yet. A wrapper passes on
  /// to its base what the base will see.
  virtual void check(Problem&) const {}

  /// Takes one step and returns the loss at the weights it started from. Where it throws, the
  /// weights are those it started from.
  virtual double step(Problem& problem) = 0;
};

}  // namespace assay
