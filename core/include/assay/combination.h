// Rules that make one direction of several terms or groups: of their gradients, or of their losses.
// The weights are reported as train/weight/<term>, or .../<group>.
#pragma once

#include "assay/dataset.h"
#include "assay/problem_view.h"
#include "assay/tensors.h"

namespace assay {

/// The terms that have a gradient in this step.
struct PresentTerms {
  Gram gram;  // inner products of their gradients
  std::vector<double> losses;
  std::vector<std::size_t> index;  // of each in Problem::terms()
};

/// The problem whose gradient is sum_k rule(...)[k] * (gradient of term k). A term whose gradient
/// is exactly zero has no part in the step (a domain that the batch lacks); where one is left
/// alone, its weight is 1.
class Combination final : public WholeGradient {
 public:
  /// The weights of the terms that are present.
  using Rule = std::function<std::vector<double>(const PresentTerms&)>;

  Combination(Problem& inner, std::string maker, Rule rule);
  ~Combination() override;
  Gradient raw_gradient() override;

 private:
  Rule rule_;
};

/// The problem whose gradient is that of sum_k weigh(losses)[k] * (term k), in one backward pass:
/// for rules that need no gradients.
class WeightedTerms final : public WholeGradient {
 public:
  WeightedTerms(Problem& inner, std::string maker, Weigh weigh);
  ~WeightedTerms() override;
  Gradient raw_gradient() override;

 private:
  Weigh weigh_;
};

/// The same over the groups of the batch, whose names are `groups`.
class WeightedGroups final : public WholeGradient {
 public:
  WeightedGroups(Problem& inner, std::string maker, const std::vector<std::string>& groups,
                 WeighGroups weigh);
  ~WeightedGroups() override;
  Gradient raw_gradient() override;

 private:
  const std::vector<std::string>& groups_;
  WeighGroups weigh_;
};

/// All of 0, ..., count - 1 but `i`, in a random order: in which a rule projects on other terms.
std::vector<std::size_t> shuffled_without(std::size_t i, std::size_t count, const Rng& rng);

/// Throws Error{kParameter} unless the problem has two terms or more: what the check() of a rule
/// that weighs terms against one another asks first. `rule` as manifests name it.
void check_terms(const Problem& problem, const std::string& rule);

/// Throws Error{kParameter} where a view gives one gradient alone: what the check() of a rule that
/// asks for groups asks first; check_terms() does too.
void check_parts(const Problem& problem, const std::string& rule);

/// Throws Error{kParameter} unless the dataset has two groups or more, and training samples of
/// each: what the constructor of a rule that weighs groups against one another asks first.
void check_groups(const Info& info);

}  // namespace assay
