// Contrastive losses over the batch: Chen, Kornblith, Norouzi and Hinton, "A simple framework for
// contrastive learning of visual representations", ICML 2020 (SimCLR); Khosla et al., "Supervised
// contrastive learning", NeurIPS 2020.
#include "assay/registry.h"
#include "contrastive/shared/losses.h"
#include "contrastive/shared/pair_objective.h"

namespace {

// Both views in one pass, and one term, the mean over the projections.
class OverBatch : public contrastive::BatchObjective {
 public:
  struct Params {
    double temperature = 0.5;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("temperature", &Params::temperature, assay::above(0),
                                         "Temperature t by which the cosines are divided.");
  }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto z = contrastive::project_views(model, batch, /*joint=*/true);
    return {{.value = compute(z, batch).mean()}};
  }

 protected:
  OverBatch(const std::string& name, const Params& params)
      : BatchObjective({name}), temperature_(params.temperature) {}
  virtual torch::Tensor compute(const contrastive::Pair& z, const assay::Batch& batch) const = 0;
  double temperature_;
};

class NtXent final : public OverBatch {
 public:
  explicit NtXent(const Params& params) : OverBatch("nt_xent", params) {}

 private:
  torch::Tensor compute(const contrastive::Pair& z, const assay::Batch&) const override {
    return contrastive::nt_xent(z, temperature_);
  }
};

class SupervisedContrastive final : public OverBatch {
 public:
  static assay::Strings needs() { return {"model/Projector", "dataset/Classes"}; }
  explicit SupervisedContrastive(const Params& params)
      : OverBatch("supervised_contrastive", params) {}

 private:
  torch::Tensor compute(const contrastive::Pair& z, const assay::Batch& batch) const override {
    return contrastive::supervised_contrastive(z, batch.target, temperature_);
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<NtXent>(
      "nt_xent",
      "NT-Xent, the loss of SimCLR (Chen et al., ICML 2020): two views of a sample "
      "against all others of the batch.");
  registry.add<SupervisedContrastive>(
      "supervised_contrastive",
      "Supervised contrastive loss (Khosla et al., NeurIPS 2020): views of one class against all "
      "others of the batch.");
}
