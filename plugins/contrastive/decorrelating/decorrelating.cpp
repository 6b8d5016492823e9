// Dimensions of the projections are decorrelated over the batch: Zbontar, Jing, Misra, LeCun and
// Deny, "Barlow twins", ICML 2021; Bardes, Ponce and LeCun, "VICReg", ICLR 2022.
#include "assay/registry.h"
#include "contrastive/shared/losses.h"
#include "contrastive/shared/pair_objective.h"

namespace {

using assay::Batch, assay::Context, assay::Model;

class BarlowTwins final : public contrastive::BatchObjective {
 public:
  struct Params {
    double off_diagonal = 0.005;
    double scale = 1;
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("off_diagonal", &Params::off_diagonal, at_least(0),
               "lambda: weight of the squared correlations of other dimensions.")
        .field("scale", &Params::scale, above(0),
               "Factor of the whole loss, for optimizers that depend on it; the published code has "
               "0.025.");
  }
  explicit BarlowTwins(const Params& params)
      : BatchObjective({"on_diagonal", "off_diagonal"}), p_(params) {}

  std::vector<assay::Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto found =
        contrastive::correlate(contrastive::project_views(model, batch, /*joint=*/false));
    return {{found.on_diagonal, p_.scale}, {found.off_diagonal, p_.scale * p_.off_diagonal}};
  }

 private:
  Params p_;
};

class VicReg final : public contrastive::BatchObjective {
 public:
  struct Params {
    double invariance = 25;
    double variance = 25;
    double covariance = 1;
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("invariance", &Params::invariance, at_least(0),
               "Weight of the squared difference of the two views.")
        .field("variance", &Params::variance, at_least(0),
               "Weight of the hinge loss on each dimension's standard deviation below 1.")
        .field("covariance", &Params::covariance, at_least(0),
               "Weight of the squared covariances of other dimensions.");
  }
  explicit VicReg(const Params& params)
      : BatchObjective({"invariance", "variance", "covariance"}), p_(params) {}

  std::vector<assay::Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto found =
        contrastive::regularize(contrastive::project_views(model, batch, /*joint=*/false));
    return {{found.invariance, p_.invariance},
            {found.variance, p_.variance},
            {found.covariance, p_.covariance}};
  }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<BarlowTwins>("barlow_twins",
                            "Barlow Twins (Zbontar et al., ICML 2021): the correlations of the two "
                            "views' dimensions are to be the identity.");
  registry.add<VicReg>("vicreg",
                       "VICReg (Bardes et al., ICLR 2022): two views are to be alike, each "
                       "dimension to vary, and different ones to be uncorrelated.");
}
