// Rules that weigh terms against one another.
#include "assay/sdk/combination.h"

#include "assay/error.h"

namespace assay {

Combination::Combination(Problem& inner, std::string wrapper, Rule rule)
    : CombinedGradient(inner, std::move(wrapper)), rule_(std::move(rule)) {}
Combination::~Combination() = default;

Gradient Combination::raw_gradient() {
  auto parts = inner_.gradient_per_term();
  if (parts.size() == 1) return std::move(parts.front());
  double loss = 0;
  std::vector<const Tensors*> gradients;
  for (const auto& part : parts) {
    loss += part.loss;
    gradients.push_back(&part.tensors);
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
  if (kept.empty()) return {loss, std::move(parts.front().tensors)};
  if (kept.size() == 1) return {loss, std::move(parts[present.index.front()].tensors)};
  present.gram = all.of(present.index);
  const auto weights = rule_(present);
  for (std::size_t i = 0; i < weights.size(); ++i)
    inner_.report("weight/" + inner_.terms()[present.index[i]], weights[i]);
  return {loss, weighted_sum(kept, weights)};
}

WeightedTerms::WeightedTerms(Problem& inner, std::string wrapper, Weigh weigh)
    : CombinedGradient(inner, std::move(wrapper)), weigh_(std::move(weigh)) {}
WeightedTerms::~WeightedTerms() = default;

Gradient WeightedTerms::raw_gradient() {
  return inner_.weighted_gradient([&](const std::vector<double>& losses) {
    auto weights = weigh_(losses);
    for (std::size_t k = 0; k < weights.size(); ++k)
      inner_.report("weight/" + inner_.terms()[k], weights[k]);
    return weights;
  });
}

WeightedGroups::WeightedGroups(Problem& inner, std::string wrapper,
                               const std::vector<std::string>& groups, WeighGroups weigh)
    : CombinedGradient(inner, std::move(wrapper)), groups_(groups), weigh_(std::move(weigh)) {}
WeightedGroups::~WeightedGroups() = default;

Gradient WeightedGroups::raw_gradient() {
  return inner_.group_weighted_gradient([&](const std::vector<GroupLoss>& losses) {
    auto weights = weigh_(losses);
    for (std::size_t i = 0; i < weights.size(); ++i)
      inner_.report("weight/" + groups_.at(static_cast<std::size_t>(losses[i].group)), weights[i]);
    return weights;
  });
}

std::vector<std::size_t> shuffled_without(std::size_t i, std::size_t count, const Rng& rng) {
  std::vector<std::size_t> others;
  for (std::size_t j = 0; j < count; ++j)
    if (j != i) others.push_back(j);
  for (std::size_t n = others.size(); n > 1; --n)
    std::swap(others[n - 1],
              others[static_cast<std::size_t>(rng.uniform(n) * static_cast<double>(n))]);
  return others;
}

void check_terms(const Problem& problem, const std::string& rule) {
  check_parts(problem, rule);
  const auto& terms = problem.terms();
  if (terms.size() > 1) return;
  throw Error(ErrorKind::kParameter,
              "optimizer `" + rule +
                  "` weights the terms of the loss against one another, but the loss has " +
                  (terms.empty() ? "no term" : "only one: " + terms.front()) +
                  "; use its base alone, or an objective with several terms");
}

void check_parts(const Problem& problem, const std::string& rule) {
  const auto wrapper = problem.combined_by();
  if (wrapper.empty()) return;
  throw Error(ErrorKind::kParameter,
              "optimizer `" + rule + "` needs the separate terms or groups of the loss, and `" +
                  wrapper + "` gives its base one combined gradient: inside `" + wrapper +
                  "` use a base that needs only that");
}

void check_groups(const Info& info) {
  if (info.groups.size() < 2 || info.group_sizes.size() != info.groups.size())
    throw Error(
        ErrorKind::kParameter,
        "weights groups against one another, but the dataset has no groups: use its base alone, "
        "or a dataset with groups such as `colored`");
  for (std::size_t g = 0; g < info.groups.size(); ++g)
    if (info.group_sizes[g] == 0)
      throw Error(ErrorKind::kParameter,
                  "weights groups against one another, but the group `" + info.groups[g] +
                      "` has no training sample: use a dataset with samples of each group");
}

}  // namespace assay
