// Views that combine terms or groups into one gradient, with weights that depend on their gradients
// or on their losses. The weights are reported as train/weight/<term> or train/weight/<group>.
#pragma once

#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"

namespace assay {

/// The parts whose gradient is not exactly zero in this step, in ascending order of their index.
/// For terms, only parameters that all terms share count (Problem::owners()).
struct PresentParts {
  Gram gram;                       // inner products of their gradients
  std::vector<double> losses;      // Part::loss
  std::vector<std::size_t> index;  // Part::index
};

/// One weight per present part.
struct PartWeights {
  PartWeights(std::vector<double> weights) : shared(std::move(weights)) {}
  PartWeights(std::vector<double> on_shared, std::vector<double> on_own)
      : shared(std::move(on_shared)), own(std::move(on_own)) {}

  std::vector<double> shared;    // of its gradient on shared parameters
  std::vector<double> own = {};  // of its gradient on the parameters of that term alone; empty: 1
};

/// A view whose gradient is sum_k rule(...)[k] * (gradient of part k). A part whose gradient is
/// exactly zero (a domain that the batch lacks) is left out. If at most one part remains, its
/// gradient is used as it is, and the rule is not called. A parameter that belongs to one term
/// alone gets the gradient of that term. Gradient::loss is the loss of the step. Costs per
/// gradient: 1 forward, 1 backward per part.
class Combination final : public CombinedGradient {
 public:
  using Rule = std::function<PartWeights(const PresentParts&)>;

  /// `wrapper` is its registered name; `rule` may be empty in check().
  Combination(Problem& inner, By by, std::string wrapper, Rule rule);
  ~Combination() override;
  Gradient raw_gradient() override;

 private:
  By by_;
  Rule rule_;
};

/// A view whose gradient is that of sum_k weigh(parts)[k] * (loss of part k), for rules that need
/// losses but no gradients. Costs as Problem::weighted_gradient(): one backward.
class WeightedParts final : public CombinedGradient {
 public:
  WeightedParts(Problem& inner, By by, std::string wrapper, Weigh weigh);
  ~WeightedParts() override;
  Gradient raw_gradient() override;

 private:
  By by_;
  Weigh weigh_;
};

/// Reports the weight of each part as weight/<name>, if `index` holds their indices.
void report_weights(Problem& problem, By by, const std::vector<std::size_t>& index,
                    const std::vector<double>& weights);
void report_weights(Problem& problem, By by, const std::vector<Part>& parts,
                    const std::vector<double>& weights);

/// Sum of Part::share * Part::loss: the loss of the step.
double loss_of(const std::vector<Part>& parts);

/// The losses of all `count` terms or groups, by index; 0 for one that the step lacks.
std::vector<double> all_losses(const std::vector<Part>& parts, std::size_t count);

/// The elements of `all` that belong to `parts`, by their index.
std::vector<double> of_parts(const std::vector<double>& all, const std::vector<Part>& parts);

/// The indices 0, ..., count - 1 without `i`, in an order drawn from `rng`: the order in which a
/// rule projects on the other parts.
std::vector<std::size_t> shuffled_without(std::size_t i, std::size_t count, const Rng& rng);

}  // namespace assay
