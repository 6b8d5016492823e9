// Example of prepare(): mixup, Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk
// Minimization", ICLR 2018, with its alpha = 1: shares are uniform in [0, 1].
#include <ATen/ops/cross_entropy_loss.h>

#include "assay/registry.h"
#include "assay/transform.h"

namespace {

class Mixup final : public assay::Objective {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  static assay::Strings needs() { return {"dataset/Classes"}; }

  explicit Mixup(Params) {}

  const std::vector<std::string>& terms() const override { return terms_; }

  // Once per step, so that a second evaluation at other weights, as in SAM, sees the same mixture.
  assay::Batch prepare(assay::Model& model, const assay::Batch& batch,
                       const assay::Context& context) override {
    if (!model.is_training()) return batch;  // evaluation
    // The first number of a sample orders the batch, in which the next sample is the partner. The
    // second is the sample's share of the mixture.
    const auto drawn = assay::uniform_per_sample(context.rng, batch, 2);
    const auto order = drawn.select(1, 0).argsort();
    auto partner = at::empty_like(order);
    partner.index_put_({order}, order.roll(-1));
    partner = partner.to(context.device);
    const auto share = drawn.select(1, 1).to(batch.input.options());

    auto mixed = batch;
    std::vector<std::int64_t> wide(static_cast<std::size_t>(batch.input.dim()), 1);
    wide[0] = batch.size();
    mixed.input = at::lerp(batch.input.index_select(0, partner), batch.input, share.view(wide));
    mixed.extra["share"] = share;
    mixed.extra["partner"] = batch.target.index_select(0, partner);
    return mixed;
  }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto logits = model.forward(batch).logits;
    const auto loss_for = [&](const torch::Tensor& target) {
      return at::cross_entropy_loss(logits, target, {}, at::Reduction::None);
    };
    auto loss = loss_for(batch.target);
    if (batch.extra.contains("share"))
      loss = at::lerp(loss_for(batch.extra.at("partner")), loss, batch.extra.at("share"));
    return {{loss.mean(), 1.0, loss}};
  }

 private:
  std::vector<std::string> terms_{"mixup"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Mixup>("mixup",
                      "Cross-entropy on mixtures of two samples each (Zhang et al., ICLR 2018).");
}
