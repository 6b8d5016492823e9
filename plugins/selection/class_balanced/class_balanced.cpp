// Uniform sampling per class.
#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

class ClassBalanced final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit ClassBalanced(const Params&) {}
  Needs needs() const override { return {.label = true, .every_class = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override {
    const auto pick = [&](std::int64_t c, const Places& places, std::int64_t count) {
      const auto rng = context.rng.fork(static_cast<std::uint64_t>(c));
      return drawn_evenly(std::ssize(places), count, rng);
    };
    return Choice{of_each_class(pool.label, pool.classes, n, /*alike=*/true, pick)};
  }
};

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::ClassBalanced>(
      "class_balanced", "Selects the same number of samples per class, uniformly at random.");
}
