// Agarwal, Arora, Anand and Arora, "Contextual diversity for active learning", ECCV 2020.
#include <limits>

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/minimum.h>

#include "assay/registry.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Greedy k-centre by the symmetric divergence of the predicted classes.
class ContextualDiversity final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit ContextualDiversity(const Params&) {}
  Needs needs() const override { return {.logits = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void update_nearest(std::int64_t place);

  torch::Tensor log_, p_, nearest_;
};

void ContextualDiversity::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  log_ = at::log_softmax(pool.logits.to(torch::kDouble), 1);
  p_ = log_.exp();
  nearest_ = at::full({pool.size}, std::numeric_limits<double>::infinity(), p_.options());
  for (const auto place : chosen) update_nearest(place);
}

// (KL(p | q) + KL(q | p)) / 2 = sum (p - q) (log p - log q) / 2.
void ContextualDiversity::update_nearest(std::int64_t place) {
  nearest_ = at::minimum(nearest_, ((p_ - p_[place]) * (log_ - log_[place])).sum(1) / 2);
}

std::int64_t ContextualDiversity::next(const assay::Pool&, const Places& chosen,
                                       const assay::Context&) {
  const auto mean = p_.mean(0);
  const auto place = chosen.empty()
                         ? ((p_ - mean) * (log_ - mean.log())).sum(1).argmin().item<std::int64_t>()
                         : best(nearest_, chosen);
  update_nearest(place);
  return place;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::ContextualDiversity>(
      "contextual_diversity",
      "Greedy k-centre by the divergence of the model's predictions (Agarwal et al., ECCV 2020).");
}
