// Moderate coreset: Xia, Liu, Yu, Shen, Han and Liu, "Moderate coreset: a universal method of data
// selection for real-world data-efficient deep learning", ICLR 2023.
#include <cmath>

#include "assay/registry.h"
#include "assay/schema.h"
#include "assay/selector.h"
#include "selection/shared/places.h"

namespace selection {

/// Selects the samples in the middle of all, in the order of their distances to the center of their
/// class.
class Moderate final : public assay::Selector {
 public:
  struct Params {
    std::string centre = "mean";
    bool per_class = false;
  };
  static assay::Schema<Params> schema();
  explicit Moderate(const Params& params) : p_(params) {}
  Needs needs() const override {
    return {.label = true, .features = true, .every_class = p_.per_class};
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  torch::Tensor compute_distances(const assay::Pool& pool) const;
  Params p_;
};

namespace {

// [D]: the median of each column of x [N, D], the mean of the two middle ones if N is even.
torch::Tensor compute_median(const torch::Tensor& x) {
  const auto sorted = std::get<0>(x.sort(0));
  const auto rows = x.size(0);
  return (sorted[(rows - 1) / 2] + sorted[rows / 2]) / 2;
}

// The places of the n middle ones of `distance` [N] in ascending order; equals by place.
Places take_middle(const torch::Tensor& distance, std::int64_t n) {
  const auto order = distance.argsort(/*stable=*/true, 0);
  const auto first = std::nearbyint(static_cast<double>(distance.numel() - n) / 2);
  return places_in(order.narrow(0, static_cast<std::int64_t>(first), n));
}

}  // namespace

assay::Schema<Moderate::Params> Moderate::schema() {
  return assay::Schema<Params>()
      .field("centre", &Params::centre, assay::one_of({"mean", "median"}),
             "Center of a class: the mean of its features, or the median of each.")
      .field("per_class", &Params::per_class, assay::any(),
             "Takes the middle of each class, in proportion to its size, instead of the middle of "
             "all samples together.");
}

torch::Tensor Moderate::compute_distances(const assay::Pool& pool) const {
  auto distance = at::zeros({pool.size}, torch::TensorOptions(torch::kDouble));
  for (std::int64_t c = 0; c < pool.classes; ++c) {
    const auto places = tensor_of(places_of_class(pool.label, c));
    if (places.numel() == 0) continue;
    const auto x = pool.features.index_select(0, places).to(torch::kDouble);
    const auto centre = p_.centre == "mean" ? x.mean(0) : compute_median(x);
    distance.index_put_({places}, (x - centre).norm(2, 1));
  }
  return distance;
}

std::optional<assay::Selector::Choice> Moderate::step(std::int64_t, const assay::Pool& pool,
                                                      std::int64_t n, const assay::Context&) {
  const torch::NoGradGuard no_grad;
  const auto distance = compute_distances(pool);
  if (!p_.per_class) return Choice{take_middle(distance, n)};
  return Choice{of_each_class(pool.label, pool.classes, n, /*alike=*/false,
                              [&](std::int64_t, const Places& places, std::int64_t count) {
                                return take_middle(distance.index_select(0, tensor_of(places)),
                                                   count);
                              })};
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Moderate>("moderate",
                                    "Samples at a median distance to the center of their class "
                                    "(Xia et al., ICLR 2023).");
}
