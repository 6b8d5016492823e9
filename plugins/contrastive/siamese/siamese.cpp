// One view predicts the other, without negatives: Chen and He, "Exploring simple Siamese
// representation learning", CVPR 2021 (SimSiam); Grill et al., "Bootstrap your own latent", NeurIPS
// 2020 (BYOL).
#include "assay/registry.h"
#include "contrastive/shared/losses.h"
#include "contrastive/shared/pair_objective.h"
#include "contrastive/shared/target.h"

namespace {

using assay::Batch, assay::Context, assay::Model;
using contrastive::Pair;

constexpr const char* kFirst = "target.first";
constexpr const char* kSecond = "target.second";

// The mean over both directions, [B].
torch::Tensor cosines(const Pair& predicted, const Pair& target) {
  return (contrastive::cosine(predicted.first, target.second) +
          contrastive::cosine(predicted.second, target.first)) /
         2;
}

// Compares predictions from the projections.
class Siamese : public contrastive::PairObjective {
 public:
  void check(Model& model, const Batch& samples) const override {
    PairObjective::check(model, samples);
    contrastive::predict_both(model, contrastive::project_views(model, samples, /*joint=*/false));
  }
  // For the batch norm of the predictor.
  std::int64_t smallest_batch() const override { return 2; }

 protected:
  using PairObjective::PairObjective;
};

class SimSiam final : public Siamese {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit SimSiam(Params) : Siamese({"simsiam"}) {}

  std::vector<assay::Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto z = contrastive::project_views(model, batch, /*joint=*/false);
    const auto losses =
        -cosines(contrastive::predict_both(model, z), {z.first.detach(), z.second.detach()});
    return {{.value = losses.mean(), .per_sample = losses}};
  }
};

class Byol final : public Siamese {
 public:
  struct Params {
    double momentum = 0.99;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field(
        "momentum", &Params::momentum, assay::between(0, 1),
        "Momentum factor of the target network; 1: it never moves.");
  }
  explicit Byol(const Params& params) : Siamese({"byol"}), target_(params.momentum) {}

  // Once per step: a second evaluation at other weights sees the same targets.
  Batch prepare(Model& model, const Batch& batch, const Context&) override {
    const auto z = target_.project_views(model, batch);
    auto prepared = batch;
    prepared.extra[kFirst] = z.first;
    prepared.extra[kSecond] = z.second;
    return prepared;
  }
  bool remembers() const override { return true; }
  std::vector<assay::Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto z = contrastive::project_views(model, batch, /*joint=*/false);
    const auto losses = 2 - 2 * cosines(contrastive::predict_both(model, z),
                                        {batch.extra.at(kFirst), batch.extra.at(kSecond)});
    return {{.value = losses.mean(), .per_sample = losses}};
  }
  void finish_step(Model& model, const std::vector<Batch>&, const Context&) override {
    target_.move(model);
  }
  void save(assay::State& state) const override { target_.save(state); }
  void load(const assay::State& state) override { target_.load(state); }

 private:
  contrastive::Target target_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<SimSiam>(
      "simsiam",
      "SimSiam (Chen and He, CVPR 2021): the prediction from one view against the "
      "projection of the other one, whose gradient is stopped.");
  registry.add<Byol>("byol",
                     "BYOL (Grill et al., NeurIPS 2020): the prediction from one view against the "
                     "projection of the other one by a moving average of the network.");
}
