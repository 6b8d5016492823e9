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

  static assay::Strings needs() { return {"model"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().required_stages(
        "members", &Params::members, assay::kFinalWeights,
        "Stages whose final weights are the members; their models are the stage's own.");
  }

  explicit Ensemble(Params params) : p_(std::move(params)) {
    for (std::size_t i = 0; i < p_.members.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (p_.members[i] == p_.members[k])
          throw assay::Error(assay::ErrorKind::kParameter,
                             "`members` has the stage `" + p_.members[i] + "` twice", "members");
    if (p_.members.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`members` is empty: name two stages or more", "members");
  }

  std::int64_t passes() const override { return std::ssize(p_.members); }
  bool changes_weights() const override { return true; }

  void begin_pass(std::int64_t pass, assay::Parts& parts, const assay::Context&) override {
    const auto& stage = p_.members[static_cast<std::size_t>(pass)];
    assay::load_weights(*parts.model, parts.inputs->weights(stage), {},
                        "the weights of stage `" + stage + "`");
  }

  assay::Predictions predict(assay::Model& model, const assay::Batch& batch,
                             const assay::Context& context) override {
    return one_.predict(model, batch, context);
  }

 private:
  Params p_;
  assay::OnePass one_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Ensemble>("ensemble",
                         "Deep ensemble (Lakshminarayanan et al., NeurIPS 2017): the mean of the "
                         "probabilities, or values, of several earlier stages' models.");
}
