// Views that combine terms or groups into one gradient, with weights that depend on their gradients
// or on their losses. The weights are reported as train/weight/<term> or train/weight/<group>.
#pragma once

#include "assay/dataset.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"

namespace assay {

/// The terms whose gradient is not exactly zero in this step, in the order of Problem::terms().
struct PresentTerms {
  Gram gram;                       // inner products of their gradients
  std::vector<double> losses;      // with the terms' weights
  std::vector<std::size_t> index;  // indices into Problem::terms()
};

/// A view whose gradient is sum_k rule(...)[k] * (gradient of term k). A term whose gradient is
/// exactly zero (a domain that the batch lacks) is left out. If at most one term remains, its
/// gradient is used as it is, and the rule is not called. Gradient::loss is the sum of the terms'
/// losses. Costs per gradient: 1 forward, 1 backward per term.
class Combination final : public CombinedGradient {
 public:
  /// Returns one weight per present term.
  using Rule = std::function<std::vector<double>(const PresentTerms&)>;

  /// `wrapper` is its registered name; `rule` may be empty in check().
  Combination(Problem& inner, std::string wrapper, Rule rule);
  ~Combination() override;
  Gradient raw_gradient() override;

 private:
  Rule rule_;
};

/// A view whose gradient is that of sum_k weigh(losses)[k] * (term k), for rules that need losses
/// but no gradients. Costs as Problem::weighted_gradient(): one backward.
class WeightedTerms final : public CombinedGradient {
 public:
  WeightedTerms(Problem& inner, std::string wrapper, Weigh weigh);
  ~WeightedTerms() override;
  Gradient raw_gradient() override;

 private:
  Weigh weigh_;
};

/// As WeightedTerms, over the groups present. `groups` are the names Info::groups, and must outlive
/// the view.
class WeightedGroups final : public CombinedGradient {
 public:
  WeightedGroups(Problem& inner, std::string wrapper, const std::vector<std::string>& groups,
                 WeighGroups weigh);
  ~WeightedGroups() override;
  Gradient raw_gradient() override;

 private:
  const std::vector<std::string>& groups_;
  WeighGroups weigh_;
};

/// The indices 0, ..., count - 1 without `i`, in an order drawn from `rng`: the order in which a
/// rule projects on the other terms.
std::vector<std::size_t> shuffled_without(std::size_t i, std::size_t count, const Rng& rng);

/// Throws Error{kParameter} unless `problem` gives gradients per term and has at least two terms.
/// For check() of an optimizer that weighs terms; `rule` is its registered name.
void check_terms(const Problem& problem, const std::string& rule);

/// Throws Error{kParameter} if `problem` gives only one combined gradient. For check() of an
/// optimizer that asks for groups; check_terms() includes it.
void check_parts(const Problem& problem, const std::string& rule);

/// Throws Error{kParameter} unless the dataset has at least two groups and training samples in
/// each. For the constructor of an optimizer that weighs groups.
void check_groups(const Info& info);

}  // namespace assay
