// Ensembles: Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty
// estimation using deep ensembles", NeurIPS 2017.
#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/weights.h"

namespace {

class Ensemble final : public assay::Predictor {
 public:
  struct Params {
    assay::Strings members;
  };

  static assay::Strings needs() { return {"dataset"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().required_stages(
        "members", &Params::members, assay::kFinalWeights,
        "Stages whose models, with their final weights, are the members.");
  }

  Ensemble(Params params, const assay::Build& build) : p_(std::move(params)) {
    for (std::size_t i = 0; i < p_.members.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (p_.members[i] == p_.members[k])
          throw assay::Error(assay::ErrorKind::kParameter,
                             "`members` has the stage `" + p_.members[i] + "` twice", "members");
    if (p_.members.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`members` is empty: name two stages or more", "members");
    for (const auto& stage : p_.members) {
      auto earlier = build.inputs().model(stage);
      assay::check_same_inputs(earlier.info, build.info(), stage);
      assay::check_same_outputs(earlier.info, build.info(), stage);
      members_.push_back(std::move(earlier.model));
    }
  }

  std::int64_t passes() const override { return std::ssize(members_); }

  void begin_pass(std::int64_t pass, assay::Parts&, const assay::Context&) override {
    if (pass == 0) check_different();
    member_ = members_[static_cast<std::size_t>(pass)];
  }

  assay::Predictions predict(assay::Model&, const assay::Batch& batch,
                             const assay::Context& context) override {
    return one_.predict(*member_, batch, context);
  }

 private:
  // By their weights, since a stage may leave those of another one as they are.
  void check_different() const {
    for (std::size_t i = 0; i < members_.size(); ++i)
      for (std::size_t k = 0; k < i; ++k) {
        const auto a = assay::weights_of(*members_[i]), b = assay::weights_of(*members_[k]);
        const bool same =
            !a.empty() && a.size() == b.size() &&
            std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
              return x.first == y.first && x.second.equal(y.second);
            });
        if (same)
          throw assay::Error(assay::ErrorKind::kParameter,
                             "the members `" + p_.members[k] + "` and `" + p_.members[i] +
                                 "` have the same weights: give each a seed of its own",
                             "members");
      }
  }

  Params p_;
  std::vector<std::shared_ptr<assay::Model>> members_;
  std::shared_ptr<assay::Model> member_;  // of this pass
  assay::OnePass one_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Ensemble>("ensemble",
                         "Deep ensemble (Lakshminarayanan et al., NeurIPS 2017): the mean of the "
                         "probabilities, or values, of several earlier stages' models.");
}
