#include "selection/shared/greedy.h"

#include <limits>

namespace selection {
namespace {

constexpr std::size_t kPerStep = 200;

}  // namespace

std::optional<assay::Selector::Choice> Greedy::step(std::int64_t, const assay::Pool& pool,
                                                    std::int64_t n, const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  if (!started_) start(pool, chosen_, n);
  started_ = true;
  refresh(pool, chosen_);
  for (std::size_t k = 0; k < kPerStep && std::ssize(chosen_) < n; ++k)
    chosen_.push_back(next(pool, chosen_, context));
  if (std::ssize(chosen_) < n) return {};
  return Choice{chosen_};
}

void Greedy::save(assay::State& state) const {
  state.put("chosen", tensor_of(chosen_));
}

void Greedy::load(const assay::State& state) {
  chosen_ = places_in(state.tensor("chosen"));
}

std::int64_t Greedy::best(const torch::Tensor& scores, const Places& chosen) {
  return without(scores, chosen, -std::numeric_limits<double>::infinity())
      .argmax()
      .item<std::int64_t>();
}

}  // namespace selection
