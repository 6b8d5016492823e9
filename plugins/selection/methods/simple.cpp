#include "methods/simple.h"

#include <numeric>

#include "methods/scores.h"

namespace selection {

using Choice = assay::Selector::Choice;

std::optional<Choice> Uniform::step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                                    const assay::Context& context) {
  return Choice{drawn_evenly(pool.size, n, context.rng)};
}

std::optional<Choice> ClassBalanced::step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                                          const assay::Context& context) {
  const auto share = shares(pool.label, pool.classes, n, /*alike=*/true);
  Choice choice;
  for (std::int64_t c = 0; c < pool.classes; ++c) {
    const auto places = places_of_class(pool.label, c);
    for (const auto k : drawn_evenly(std::ssize(places), share[static_cast<std::size_t>(c)],
                                     context.rng.fork(static_cast<std::uint64_t>(c))))
      choice.places.push_back(places[static_cast<std::size_t>(k)]);
  }
  return choice;
}

std::optional<Choice> Full::step(std::int64_t, const assay::Pool& pool, std::int64_t,
                                 const assay::Context&) {
  Choice choice{Places(static_cast<std::size_t>(pool.size))};
  std::iota(choice.places.begin(), choice.places.end(), 0);
  return choice;
}

}  // namespace selection
