// Rules that weigh terms or groups against one another.
#include "assay/sdk/combination.h"

#include "assay/sdk/division.h"
#include "core/problem/differentiate.h"

namespace assay {
namespace {

// What the rule sees, and the places of these parts in `parts`.
std::pair<PresentParts, std::vector<std::size_t>> present_of(const std::vector<Part>& parts,
                                                             const std::vector<Tensors>& shared) {
  const Gram all(pointers_to(shared));
  PresentParts present;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (all(i, i) == 0) continue;
    kept.push_back(i);
    present.index.push_back(static_cast<std::size_t>(parts[i].index));
    present.losses.push_back(parts[i].loss);
  }
  present.gram = all.of(kept);
  return {std::move(present), std::move(kept)};
}

}  // namespace

Combination::Combination(Problem& inner, By by, std::string wrapper, Rule rule)
    : CombinedGradient(inner, std::move(wrapper)), by_(by), rule_(std::move(rule)) {}
Combination::~Combination() = default;

Gradient Combination::raw_gradient() {
  auto parts = inner_.gradients(by_);
  const double loss = loss_of(parts);
  if (parts.empty()) return {loss, zeros(parameters())};
  const Division division(inner_, by_);
  const auto shared = division.shared(parts);
  const auto [present, kept] = present_of(parts, shared);
  Tensors sum = parts.front().gradient;
  std::vector<double> own(parts.size(), 1);
  if (kept.size() > 1) {
    const auto weights = rule_(present);
    report_weights(inner_, by_, present.index, weights.shared);
    std::vector<const Tensors*> lists;
    for (const auto i : kept) lists.push_back(&shared[i]);
    division.replace(sum, kShared, weighted_sum(lists, weights.shared));
    for (std::size_t i = 0; i < weights.own.size(); ++i) own[kept[i]] = weights.own[i];
  } else if (kept.size() == 1) {
    division.replace(sum, kShared, shared[kept.front()]);
  }
  division.set_own(sum, parts, own);
  return {loss, std::move(sum)};
}

WeightedParts::WeightedParts(Problem& inner, By by, std::string wrapper, Weigh weigh)
    : CombinedGradient(inner, std::move(wrapper)), by_(by), weigh_(std::move(weigh)) {}
WeightedParts::~WeightedParts() = default;

Gradient WeightedParts::raw_gradient() {
  return inner_.weighted_gradient(by_, [&](const std::vector<Part>& parts) {
    auto weights = weigh_(parts);
    report_weights(inner_, by_, parts, weights);
    return weights;
  });
}

void report_weights(Problem& problem, By by, const std::vector<std::size_t>& index,
                    const std::vector<double>& weights) {
  const auto& names = problem.names(by);
  for (std::size_t i = 0; i < index.size(); ++i)
    problem.report("weight/" + names.at(index[i]), weights.at(i));
}

void report_weights(Problem& problem, By by, const std::vector<Part>& parts,
                    const std::vector<double>& weights) {
  std::vector<std::size_t> index;
  for (const auto& part : parts) index.push_back(static_cast<std::size_t>(part.index));
  report_weights(problem, by, index, weights);
}

double loss_of(const std::vector<Part>& parts) {
  double loss = 0;
  for (const auto& part : parts) loss += part.share * part.loss;
  return loss;
}

std::vector<double> all_losses(const std::vector<Part>& parts, std::size_t count) {
  std::vector<double> losses(count);
  for (const auto& part : parts) losses.at(static_cast<std::size_t>(part.index)) = part.loss;
  return losses;
}

std::vector<double> of_parts(const std::vector<double>& all, const std::vector<Part>& parts) {
  std::vector<double> some;
  for (const auto& part : parts) some.push_back(all.at(static_cast<std::size_t>(part.index)));
  return some;
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

}  // namespace assay
