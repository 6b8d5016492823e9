// IRMv1: Arjovsky, Bottou, Gulrajani and Lopez-Paz, "Invariant Risk Minimization", 2019, with the
// unbiased estimate of its appendix D.
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "assay/sdk/environments.h"

namespace {

class Irm final : public assay::Objective {
 public:
  struct Params {
    double lambda = 100;
    std::int64_t anneal_steps = 500;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Strings hides() { return {"Split", "Groups"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("lambda", &Params::lambda, assay::at_least(0),
               "Weight of the penalty: the squared derivative of each environment's loss with "
               "respect to a scale factor of the logits.")
        .field("anneal_steps", &Params::anneal_steps, assay::at_least(0),
               "Number of initial training steps during which the weight is 1.");
  }

  Irm(Params params, const assay::Info& info) : p_(params), environments_(info) {}

  const std::vector<std::string>& terms() const override { return terms_; }
  bool decomposes() const override { return false; }  // the penalty compares environments

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context& context) override {
    const auto logits = model.forward(batch).logits;
    const auto each = at::cross_entropy_loss(logits, batch.target, {}, at::Reduction::None);
    const auto member = environments_.members(batch);
    const auto risk = environments_.means(each, member);
    const double weight = context.step < p_.anneal_steps ? 1 : p_.lambda;
    return {{risk.mean()}, {penalty(logits, batch, member), weight}};
  }

 private:
  // The slope of a sample's cross-entropy of w z in w, at w = 1, is sum_c p_c z_c - z_y. The
  // product of its means over an environment's even and odd samples estimates the squared mean.
  torch::Tensor penalty(const torch::Tensor& z, const assay::Batch& batch,
                        const torch::Tensor& member) const {
    const auto slope =
        (at::softmax(z, 1) * z).sum(1) - z.gather(1, batch.target.unsqueeze(1)).squeeze(1);
    const auto odd = (member.cumsum(0) - 1) % 2 * member, even = member - odd;
    const auto mean = [&](const torch::Tensor& half) {
      return (slope.unsqueeze(1) * half).sum(0) / half.sum(0).clamp_min(1);
    };
    const auto pairs = (odd.sum(0) > 0).sum();  // an environment of one sample has no two halves
    return (mean(even) * mean(odd)).sum() / pairs.clamp_min(1);
  }

  Params p_;
  assay::Environments environments_;
  std::vector<std::string> terms_{"nll", "penalty"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Irm>(
      "irm",
      "Invariant risk minimization, IRMv1: penalizes the derivative of each environment's "
      "loss with respect to a scale of the logits (Arjovsky et al., 2019).");
}
