// No selection: the upper baseline.
#include <numeric>

#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

class Full final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Full(const Params&) {}
  Needs needs() const override { return {}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t,
                             const assay::Context&) override {
    Choice choice{Places(static_cast<std::size_t>(pool.size))};
    std::iota(choice.places.begin(), choice.places.end(), 0);
    return choice;
  }
};

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Full>("full", "Selects all samples of the training split.");
}
