// Momentum contrast: He, Fan, Wu, Xie and Girshick, "Momentum contrast for unsupervised visual
// representation learning", CVPR 2020, with the projector of version 2.
#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>

#include "assay/registry.h"
#include "contrastive/shared/losses.h"
#include "contrastive/shared/pair_objective.h"
#include "contrastive/shared/target.h"

namespace {

using assay::Batch, assay::Context, assay::Model;

constexpr const char* kKey = "key";

class Moco final : public contrastive::PairObjective {
 public:
  struct Params {
    double temperature = 0.2;
    double momentum = 0.99;
    std::int64_t queue = 4096;
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("temperature", &Params::temperature, above(0),
               "Temperature t by which the cosines are divided.")
        .field("momentum", &Params::momentum, between(0, 1), "Momentum factor of the key network.")
        .field("queue", &Params::queue, at_least(1),
               "Number of keys of earlier batches that a sample is compared with. They are noise "
               "until the queue has been filled once.");
  }
  explicit Moco(const Params& params)
      : PairObjective({"moco"}), p_(params), keys_(params.momentum) {}

  bool remembers() const override { return true; }

  // Once per step: a second evaluation at other weights sees the same keys.
  Batch prepare(Model& model, const Batch& batch, const Context& context) override {
    const auto key = contrastive::normalize(keys_.project(model, contrastive::second_view(batch)));
    if (!queue_.defined()) queue_ = draw_queue(key, context);
    auto prepared = batch;
    prepared.extra[kKey] = key;
    return prepared;
  }

  std::vector<assay::Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto query = contrastive::normalize(contrastive::project(model, batch.input));
    const contrastive::NoAutocast no_autocast;
    const auto own = (query * batch.extra.at(kKey)).sum(1, /*keepdim=*/true);
    const auto logits = at::cat({own, query.mm(queue_.t())}, 1) / p_.temperature;
    const auto losses = -at::log_softmax(logits, 1).select(1, 0);
    return {{.value = losses.mean(), .per_sample = losses}};
  }

  void finish_step(Model& model, const std::vector<Batch>& batches, const Context&) override {
    keys_.move(model);
    std::vector<torch::Tensor> all{queue_};
    for (const auto& batch : batches) all.push_back(batch.extra.at(kKey));
    const auto joined = at::cat(all);
    queue_ = joined.narrow(0, joined.size(0) - p_.queue, p_.queue).clone();
  }

  void save(assay::State& state) const override {
    keys_.save(state);
    if (queue_.defined()) state.put("queue", queue_);
  }
  void load(const assay::State& state) override {
    keys_.load(state);
    if (state.has("queue")) queue_ = state.tensor("queue").clone();
  }

 private:
  torch::Tensor draw_queue(const torch::Tensor& key, const Context& context) const {
    const auto noise =
        at::randn({p_.queue, key.size(1)}, context.rng.fork("queue").generator(), torch::kFloat);
    return contrastive::normalize(noise).to(key.options());
  }

  Params p_;
  contrastive::Target keys_;
  torch::Tensor queue_;  // [queue, d], the oldest first
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Moco>(
      "moco",
      "MoCo (He et al., CVPR 2020): a view against the other one of the sample and a "
      "queue of earlier ones, by a moving average of the network.");
}
