#include "selection/shared/pivoting.h"

#include <ATen/ops/mv.h>
#include <ATen/ops/ones_like.h>

#include "selection/shared/rows.h"

namespace selection {

using assay::Pool;

assay::Schema<AdaptivePivoting::Params> AdaptivePivoting::schema() {
  return assay::Schema<Params>().field("of", &Params::of, assay::one_of({"features", "gradients"}),
                                       kOf);
}

assay::Selector::Needs AdaptivePivoting::needs() const {
  return needs_of(p_.of);
}

void AdaptivePivoting::start(const Pool& pool, const Places& chosen, std::int64_t) {
  whole_ = rows_of(pool, p_.of);
  all_ = whole_.square().sum().item<double>();
  rest_ = whole_.clone();
  for (auto taken = chosen.begin(); taken != chosen.end(); ++taken) {
    weights({chosen.begin(), taken});  // may start again
    take(*taken);
  }
}

// The squared norm of what is left per sample. If nothing is left, that of the whole rows; if these
// are zero, equal weights.
torch::Tensor AdaptivePivoting::weights(const Places& chosen) {
  auto weight = without(rest_.square().sum(1), chosen, 0);
  if (weight.sum().item<double>() <= 1e-12 * all_) {
    rest_ = whole_.clone();
    weight = without(rest_.square().sum(1), chosen, 0);
  }
  if (weight.sum().item<double>() > 0) return weight;
  return without(at::ones_like(weight), chosen, 0);
}

void AdaptivePivoting::take(std::int64_t place) {
  const auto norm = rest_[place].norm();
  if (norm.item<double>() == 0) return;
  const auto direction = (rest_[place] / norm).clone();
  rest_.addr_(at::mv(rest_, direction), direction, 1, -1);
}

std::int64_t AdaptivePivoting::next(const Pool&, const Places& chosen,
                                    const assay::Context& context) {
  const auto place = drawn(weights(chosen), 1, context.rng.fork(chosen.size()))[0];
  take(place);
  return place;
}

}  // namespace selection
