// Rules that weigh terms against one another.
#include "assay/combination.h"

#include "assay/error.h"

namespace assay {

Combination::Combination(Problem& inner, std::string maker, Rule rule)
    : WholeGradient(inner, std::move(maker)), rule_(std::move(rule)) {}
Combination::~Combination() = default;

Gradient Combination::raw_gradient() {
  auto parts = inner_.gradient_per_term();
  if (parts.size() == 1) return std::move(parts.front());
  double loss = 0;
  std::vector<const Tensors*> gradients;
  for (const auto& part : parts) {
    loss += part.loss;
    gradients.push_back(&part.of);
  }
  const Gram all(gradients);
  PresentTerms present;
  std::vector<const Tensors*> kept;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (all(k, k) == 0) continue;
    present.index.push_back(k);
    present.losses.push_back(parts[k].loss);
    kept.push_back(gradients[k]);
  }
  if (kept.empty()) return {loss, std::move(parts.front().of)};
  if (kept.size() == 1) return {loss, std::move(parts[present.index.front()].of)};
  present.gram = all.of(present.index);
  return {loss, combined(kept, rule_(present))};
}

void check_terms(const Problem& problem, const std::string& rule) {
  const auto& terms = problem.terms();
  if (terms.size() > 1) return;
  throw Error(ErrorKind::kParameter,
              "optimizer `" + rule +
                  "` weighs the terms of the loss against one another, and there is one: " +
                  (terms.empty() ? "none" : terms.front()) +
                  "; use its base alone, or an objective with several terms");
}

}  // namespace assay
