#include "selection/shared/per_class.h"

#include <torch/csrc/autograd/generated/variable_factories.h>

#include "selection/shared/places.h"

namespace selection {

using assay::Pool;

std::optional<Choice> PerClass::step(std::int64_t k, const Pool& pool, std::int64_t n,
                                     const assay::Context&) {
  const torch::NoGradGuard no_grad;
  if (!per_class_) return among(pool.gradients, n);
  const auto share = shares(pool.label, pool.classes, n, /*alike=*/false);
  const auto places = places_of_class(pool.label, k);
  if (const auto count = share[static_cast<std::size_t>(k)]; count > 0) {
    const auto own = pool.gradients.index_select(0, tensor_of(places));
    const auto choice = among(own, count);
    for (const auto place : choice.places)
      found_.places.push_back(places[static_cast<std::size_t>(place)]);
    found_.weights.insert(found_.weights.end(), choice.weights.begin(), choice.weights.end());
  }
  if (k + 1 < pool.classes) return {};
  return found_;
}

void PerClass::save(assay::State& state) const {
  state.put("places", tensor_of(found_.places));
  state.put("weights", torch::tensor(found_.weights, torch::kDouble));
}

void PerClass::load(const assay::State& state) {
  found_.places = places_in(state.tensor("places"));
  found_.weights = numbers(state.tensor("weights"));
}

}  // namespace selection
