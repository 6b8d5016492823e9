// Moderate coreset: Xia, Liu, Yu, Shen, Han and Liu, "Moderate coreset: a universal method of data
// selection for real-world data-efficient deep learning", ICLR 2023.
#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

/// Selects per class the samples whose distance to the class's mean feature is nearest to the
/// median distance.
class Moderate final : public assay::Selector {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Moderate(const Params&) {}
  Needs needs() const override { return {.label = true, .features = true, .every_class = true}; }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;
};

std::optional<assay::Selector::Choice> Moderate::step(std::int64_t, const assay::Pool& pool,
                                                      std::int64_t n, const assay::Context&) {
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

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Moderate>(
      "moderate",
      "Samples at the median distance to the mean of their class (Xia et al., ICLR 2023).");
}
