#include "methods/strata.h"

#include <algorithm>
#include <cmath>

#include "methods/scored.h"
#include "methods/scores.h"

namespace selection {

using assay::Pool;
using Choice = assay::Selector::Choice;

std::optional<Choice> Moderate::step(std::int64_t, const Pool& pool, std::int64_t n,
                                     const assay::Context&) {
  const torch::NoGradGuard no_grad;
  auto scores = at::zeros({pool.size}, torch::TensorOptions(torch::kDouble));
  for (std::int64_t c = 0; c < pool.classes; ++c) {
    const auto places = tensor_of(places_of_class(pool.label, c));
    if (places.numel() == 0) continue;
    const auto x = pool.features.index_select(0, places).to(torch::kDouble);
    const auto distance = (x - x.mean(0)).norm(2, 1);
    scores.index_put_({places}, -(distance - distance.median()).abs());
  }
  return Choice{highest_per_class(scores, pool.label, pool.classes, n)};
}

assay::Schema<CoverageCentric::Params> CoverageCentric::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("hardest", &Params::hardest, below(0, 1),
             "Share of the samples, those with the highest EL2N score, that is left out.")
      .field("strata", &Params::strata, at_least(1), "Strata of equal width between two scores.");
}

std::optional<Choice> CoverageCentric::step(std::int64_t, const Pool& pool, std::int64_t n,
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
