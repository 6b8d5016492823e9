// Uniform sampling: the baseline of every selector.
#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

class Uniform final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Uniform(const Params&) {}
  Needs needs() const override { return {}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override {
    return Choice{drawn_evenly(pool.size, n, context.rng)};
  }
};

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Uniform>("uniform",
                                   "Selects samples uniformly at random, without replacement.");
}
