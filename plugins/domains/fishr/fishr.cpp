// Fishr: Rame, Dancette and Cord, "Fishr: Invariant Gradient Variances for Out-of-Distribution
// Generalization", ICML 2022.
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "assay/registry.h"
#include "assay/sdk/environments.h"

namespace {

using assay::Error;
using assay::ErrorKind;

class Fishr final : public assay::Objective {
 public:
  struct Params {
    double lambda = 1000;
    std::int64_t anneal_steps = 1500;
    double ema = 0.95;
    std::string mean_over = "environments";
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Strings hides() { return {"Split", "Groups"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field(
            "lambda", &Params::lambda, at_least(0),
            "Weight of the penalty, the distance between the gradient variances of environments.")
        .field("anneal_steps", &Params::anneal_steps, at_least(0),
               "Number of initial training steps during which the weight is 0.")
        .field("ema", &Params::ema, below(0, 1),
               "Decay rate per step of the moving average of each environment's variances.")
        .field("mean_over", &Params::mean_over, one_of({"environments", "samples"}),
               "What the loss is the mean over: the environments, each of which counts alike "
               "whatever its size; or all samples of the batch.");
  }

  Fishr(Params params, const assay::Info& info) : p_(params), environments_(info) {}

  const std::vector<std::string>& terms() const override { return terms_; }
  bool decomposes() const override { return false; }  // the penalty compares environments

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context& context) override {
    const auto output = model.forward(batch);
    if (!output.features.defined())
      throw Error(
          ErrorKind::kPlugin,
          "the model returns no features, which are needed for the gradients of the last layer");
    const auto each = at::cross_entropy_loss(output.logits, batch.target, {}, at::Reduction::None);
    const auto member = environments_.members(batch).to(each.scalar_type());
    const auto count = member.sum(0);
    const auto present = count > 0;
    const auto risk = p_.mean_over == "samples" ? each : environments_.means(each, member);
    const auto now = variances(output, batch, member, count);
    const auto summed = now + before(now, present) * p_.ema;
    const auto some = summed.index_select(0, present.nonzero().squeeze(1));
    const double weight = context.step < p_.anneal_steps ? 0 : p_.lambda;
    return {{risk.mean()}, {(some - some.mean(0)).square().mean(), weight}};
  }

  void finish_step(assay::Model&, const std::vector<assay::Batch>&,
                   const assay::Context&) override {
    if (after_.defined()) before_ = std::exchange(after_, {});
  }

  void save(assay::State& state) const override {
    if (before_.defined()) state.put("before", before_);
  }
  void load(const assay::State& state) override {
    if (state.has("before")) before_ = state.tensor("before");
  }

 private:
  // Of the gradients (p - onehot(y)) x (features, 1) of an environment's samples, the variance of
  // each element: [environments, classes * (D + 1)].
  torch::Tensor variances(const assay::Output& output, const assay::Batch& batch,
                          const torch::Tensor& member, const torch::Tensor& count) const {
    const c10::impl::ExcludeDispatchKeyGuard full_precision(c10::autocast_dispatch_keyset);
    const auto z = output.logits.to(member.scalar_type());
    const auto h = output.features.to(member.scalar_type());
    const auto error = at::softmax(z, 1) - at::one_hot(batch.target, z.size(1));
    const auto h1 = at::cat({h, at::ones({h.size(0), 1}, h.options())}, 1);
    assay::Tensors all;
    for (std::int64_t e = 0; e < environments_.size(); ++e) {
      const auto of_e = member.select(1, e).unsqueeze(1) / count[e].clamp_min(1);
      const auto mean = (error * of_e).t().matmul(h1);
      const auto square = (error.square() * of_e).t().matmul(h1.square());
      all.push_back((square - mean.square()).flatten());
    }
    return at::stack(all);
  }

  // The decayed sums as the step found them: every evaluation within it adds to the same. The first
  // one decides what the next step finds.
  torch::Tensor before(const torch::Tensor& now, const torch::Tensor& present) {
    const torch::NoGradGuard no_grad;
    const auto found = before_.defined() ? before_.to(now.device()) : at::zeros_like(now);
    if (!after_.defined())
      after_ = at::where(present.unsqueeze(1), now.detach() + found * p_.ema, found);
    return found;
  }

  Params p_;
  assay::Environments environments_;
  torch::Tensor before_, after_;  // the decayed sums before and after this step
  std::vector<std::string> terms_{"nll", "penalty"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Fishr>(
      "fishr",
      "Fishr: penalizes the distance between the variances of the last layer's gradients "
      "in different environments (Rame et al., ICML 2022).");
}
