// The evidence lower bound, per training sample: Blundell, Cornebise, Kavukcuoglu and Wierstra,
// "Weight uncertainty in neural networks", ICML 2015, eq. 2.
#include <algorithm>

#include "assay/registry.h"
#include "assay/sdk/objective_view.h"

namespace {

using assay::Batch, assay::Context, assay::Model, assay::Term;

class Elbo final : public assay::ObjectiveView {
 public:
  struct Params {
    std::shared_ptr<assay::Objective> base;
    double beta = 1;
    std::int64_t warmup = 0;
  };

  static assay::Strings needs() { return {"model/Variational"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("beta", &Params::beta, at_least(0),
               "Weight of the divergence KL(q || p) / N, with N training samples; 1: the evidence "
               "lower bound of a base that is a negative log-likelihood.")
        .field("warmup", &Params::warmup, at_least(0),
               "Number of steps in which the weight rises linearly from 0 to `beta`.")
        .component("base", &Params::base, "cross_entropy",
                   "Negative log-likelihood of the samples.");
  }

  Elbo(const Params& params, const assay::Info& info)
      : ObjectiveView(params.base), p_(params), terms_(base().terms()) {
    terms_.push_back("divergence");
    N_ = assay::count_training_samples(info);
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override {
    auto found = base().evaluate(model, batch, context);
    found.push_back(divergence(model, context));
    return found;
  }
  Term evaluate_term(std::size_t index, Model& model, const Batch& batch,
                     const Context& context) override {
    if (index + 1 == terms_.size()) return divergence(model, context);
    return base().evaluate_term(index, model, batch, context);
  }
  std::int64_t samples(std::size_t index, const Batch& batch) const override {
    return index + 1 == terms_.size() ? batch.size() : base().samples(index, batch);
  }

 private:
  Term divergence(Model& model, const Context& context) const {
    auto& variational = assay::as<assay::Variational>(model, "model", "Variational");
    const double risen =
        p_.warmup == 0
            ? 1
            : std::min(1.0, static_cast<double>(context.step + 1) / static_cast<double>(p_.warmup));
    return {variational.divergence() / N_, p_.beta * risen};
  }

  Params p_;
  std::vector<std::string> terms_;
  double N_ = 0;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Elbo>("elbo",
                     "Evidence lower bound (Blundell et al., ICML 2015): a negative log-likelihood "
                     "and the divergence of a variational model's weights from their prior.");
}
