// Greedy k-centre: Sener and Savarese, "Active learning for convolutional neural networks: a
// core-set approach", ICLR 2018.
#include <limits>

#include <ATen/ops/minimum.h>
#include <ATen/ops/mv.h>

#include "assay/registry.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Adds the sample farthest from its nearest selected one; the first is nearest to the mean.
class KCentre final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit KCentre(const Params&) {}
  Needs needs() const override { return {.features = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void update_nearest(std::int64_t place);

  torch::Tensor x_, square_, nearest_;
};

void KCentre::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  x_ = pool.features.to(torch::kDouble);
  square_ = x_.square().sum(1);
  nearest_ = at::full({pool.size}, std::numeric_limits<double>::infinity(), x_.options());
  for (const auto place : chosen) update_nearest(place);
}

void KCentre::update_nearest(std::int64_t place) {
  const auto apart = square_ + square_[place] - at::mv(x_, x_[place]) * 2;
  nearest_ = at::minimum(nearest_, apart.clamp_min(0));
}

std::int64_t KCentre::next(const assay::Pool&, const Places& chosen, const assay::Context&) {
  const auto place = chosen.empty()
                         ? (x_ - x_.mean(0)).square().sum(1).argmin().item<std::int64_t>()
                         : best(nearest_, chosen);
  update_nearest(place);
  return place;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::KCentre>(
      "k_centre", "Greedy k-centre over features (Sener and Savarese, ICLR 2018).");
}
