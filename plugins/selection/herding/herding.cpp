// Herding after Welling, "Herding dynamical weights to learn", ICML 2009. Welling maximizes <w, x>
// with w = (k + 1) mean - sum, and may repeat a sample. Here |w - x|^2 is minimized without
// replacement. The two agree only for features of equal norm. DeepCore's variant stays in this
// plugin: it differs by the sign of one comparison.
#include <ATen/ops/mv.h>

#include "assay/registry.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Adds the sample that brings the sum of the selected features closest to their number times the
/// pool's mean feature.
class Herding : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit Herding(const Params&) {}
  Needs needs() const override { return {.features = true}; }

 protected:
  bool farthest_ = false;

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;

  torch::Tensor x_, square_, mean_, sum_;
};

/// DeepCore's code takes the sample that brings the sum farthest. It has its own name, for
/// comparison with numbers that were published with it.
class HerdingDeepcore final : public Herding {
 public:
  explicit HerdingDeepcore(const Params& params) : Herding(params) { farthest_ = true; }
};

void Herding::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  x_ = pool.features.to(torch::kDouble);
  square_ = x_.square().sum(1);
  mean_ = x_.mean(0);
  sum_ = at::zeros_like(mean_);
  for (const auto place : chosen) sum_ += x_[place];
}

// |t - x|^2 = |t|^2 - 2 t x + |x|^2, where |t|^2 is the same for all samples.
std::int64_t Herding::next(const assay::Pool&, const Places& chosen, const assay::Context&) {
  const auto wanted = mean_ * static_cast<double>(chosen.size() + 1) - sum_;
  const auto apart = square_ - at::mv(x_, wanted) * 2;
  const auto place = best(farthest_ ? apart : -apart, chosen);
  sum_ += x_[place];
  return place;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Herding>("herding", "Herding over features (Welling, ICML 2009).");
  registry.add<selection::HerdingDeepcore>(
      "herding_deepcore",
      "Herding as in DeepCore's code, which takes the worst sample instead of the best.");
}
