// Coverage-centric coreset selection: Zheng, Liu, Lai and Prakash, "Coverage-centric coreset
// selection for high pruning rates", ICLR 2023.
#include <algorithm>

#include "assay/registry.h"
#include "selection/shared/places.h"
#include "selection/shared/scored.h"

namespace selection {

/// Leaves out the hardest share of the samples, cuts the range of scores into strata of equal
/// width, and draws from each stratum, the smallest first, an equal part of what is still needed.
class CoverageCentric final : public assay::Selector {
 public:
  struct Params {
    double hardest = 0.1;
    std::int64_t strata = 50;
  };
  static assay::Schema<Params> schema();
  explicit CoverageCentric(const Params& params) : p_(params) {}
  Needs needs() const override { return {.label = true, .logits = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  Params p_;
};

assay::Schema<CoverageCentric::Params> CoverageCentric::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("hardest", &Params::hardest, below(0, 1),
             "Share of the samples to leave out: those with the highest EL2N scores.")
      .field("strata", &Params::strata, at_least(1), "Number of strata of equal width.");
}

std::optional<assay::Selector::Choice> CoverageCentric::step(std::int64_t, const assay::Pool& pool,
                                                             std::int64_t n,
                                                             const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto scores = el2n(pool);
  const auto kept = std::max(
      n, pool.size - static_cast<std::int64_t>(p_.hardest * static_cast<double>(pool.size)));
  const auto easy = highest(-scores, kept);
  const double low = scores[easy.front()].item<double>(), high = scores[easy.back()].item<double>();
  const double width = (high - low) / static_cast<double>(p_.strata);
  std::vector<Places> strata(static_cast<std::size_t>(p_.strata));
  for (const auto place : easy) {
    const double at = width > 0 ? (scores[place].item<double>() - low) / width : 0;
    strata[std::min(strata.size() - 1, static_cast<std::size_t>(at))].push_back(place);
  }
  std::stable_sort(strata.begin(), strata.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
  Choice choice;
  for (std::size_t k = 0; k < strata.size(); ++k) {
    const auto left = n - std::ssize(choice.places);
    const auto part =
        std::min(left / static_cast<std::int64_t>(strata.size() - k), std::ssize(strata[k]));
    for (const auto i : drawn_evenly(std::ssize(strata[k]), part, context.rng.fork(k)))
      choice.places.push_back(strata[k][static_cast<std::size_t>(i)]);
  }
  return choice;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::CoverageCentric>(
      "coverage_centric",
      "Draws from strata of EL2N scores, without the hardest samples (Zheng et al., ICLR 2023).");
}
