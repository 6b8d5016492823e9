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
  const auto pick = [&](std::int64_t c, const Places& places, std::int64_t count) {
    return drawn_evenly(std::ssize(places), count, context.rng.fork(static_cast<std::uint64_t>(c)));
  };
  return Choice{of_each_class(pool.label, pool.classes, n, /*alike=*/true, pick)};
}

std::optional<Choice> Full::step(std::int64_t, const assay::Pool& pool, std::int64_t,
                                 const assay::Context&) {
  Choice choice{Places(static_cast<std::size_t>(pool.size))};
  std::iota(choice.places.begin(), choice.places.end(), 0);
  return choice;
}

}  // namespace selection
