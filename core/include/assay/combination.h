// Combination: rules that make one direction of the gradients of several terms.
#pragma once

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

/// Throws Error{kParameter} unless the problem has two terms or more: what the check() of a rule
/// that weighs terms against one another asks first. `rule` as manifests name it.
void check_terms(const Problem& problem, const std::string& rule);

}  // namespace assay
