// Bayesian model averaging over a posterior of the weights that an earlier stage left.
#include "assay/sdk/posterior.h"
#include "assay/registry.h"
#include "assay/sdk/batch_norm.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/weights.h"
#include "bayes/shared/fixed.h"

namespace {

class PosteriorAverage final : public assay::Predictor {
 public:
  struct Params {
    std::string stage;
    std::int64_t samples = 0;
    double scale = -1;
    std::string scale_of = "covariance";
    bool refresh_batch_norm = true;
    std::int64_t batch = 256;
  };

  static assay::Strings needs() { return {"dataset"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required_stage("stage", &Params::stage, kPosterior,
                        "Stage whose posterior is averaged over.")
        .field("samples", &Params::samples, at_least(0),
               "S: number of draws; of samples that were kept, the S that are spread evenly; 0: 30 "
               "draws, or all that were kept.")
        .field("scale", &Params::scale, at_least(-1),
               "What the covariance is multiplied by; 0: the mean alone; -1: as the method that "
               "left it means it, 0.5 for SWAG and 1 for the others.")
        .field("scale_of", &Params::scale_of, one_of({"covariance", "deviation"}),
               "`deviation`: `scale` multiplies the deviations, not the covariance.")
        .field("refresh_batch_norm", &Params::refresh_batch_norm, any(),
               "Computes the statistics of batch norm anew for each draw, by a pass over the "
               "training split; a model without batch norm needs none.")
        .field("batch", &Params::batch, at_least(2), "Samples per forward pass of that.");
  }

  PosteriorAverage(Params params, const assay::Build& build)
      : p_(std::move(params)), inputs_(build.around.inputs) {
    build.inputs();  // says so if nothing runs stages
    if (p_.scale < 0 && p_.scale != -1)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`scale` must be 0 or more, or -1 for that of the posterior", "scale");
    if (p_.scale == -1 && p_.scale_of == "deviation")
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`scale_of: deviation` needs a `scale`: that of a posterior multiplies "
                         "its covariance",
                         "scale_of");
  }

  std::int64_t passes() const override {
    if (p_.scale == 0) return 1;
    if (p_.samples > 0) return p_.samples;
    return kept() > 0 ? kept() : 30;
  }
  bool changes_weights() const override { return true; }

  void check(const assay::Model& model) const override {
    const auto theirs = inputs_->weights(p_.stage), own = assay::weights_of(model);
    for (const auto& [name, tensor] : theirs)
      if (const auto it = own.find(name); it == own.end() || it->second.sizes() != tensor.sizes())
        refuse(name);
    for (const auto& [name, tensor] : own)
      if (!theirs.contains(name)) refuse(name);
  }

  void begin_pass(std::int64_t pass, assay::Parts& parts, const assay::Context& context) override {
    const torch::NoGradGuard no_grad;
    auto& model = *parts.model;
    if (!posterior_) posterior_ = read(model);
    bayes::set_fixed(artifact(), model, p_.stage);
    const auto drawn = draw(*posterior_, pass, context);
    const auto own = assay::parameters_of(model, posterior_->names);
    for (std::size_t i = 0; i < own.size(); ++i) own[i].copy_(drawn[i]);
    if (!p_.refresh_batch_norm) return;
    const auto fresh =
        assay::batch_norm_buffers(model, model.parameters(), *parts.dataset, p_.batch, context);
    const auto buffers = model.buffers();
    for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(fresh[i]);
  }

  assay::Predictions predict(assay::Model& model, const assay::Batch& batch,
                             const assay::Context& context) override {
    return one_.predict(model, batch, context);
  }

 private:
  [[noreturn]] void refuse(const std::string& tensor) const {
    throw assay::Error(assay::ErrorKind::kShape,
                       "the posterior of stage `" + p_.stage +
                           "` is of another model, with another `" + tensor +
                           "` or none: use the same `model`",
                       "stage");
  }

  // Read when it is needed, so that everything else can be checked before it is there.
  const assay::TensorMap& artifact() const {
    if (artifact_.empty()) artifact_ = inputs_->artifact(p_.stage, assay::kPosterior);
    return artifact_;
  }

  // Number of samples in the artifact; 0: it is a Gaussian.
  std::int64_t kept() const {
    for (const auto& [name, tensor] : artifact())
      if (name.starts_with("samples/") && tensor.dim() > 0) return tensor.size(0);
    return 0;
  }

  assay::Posterior read(const assay::Model& model) const {
    if (kept() > 0 && p_.scale != -1)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "stage `" + p_.stage + "` left samples, which have no `scale`: omit it",
                         "scale");
    if (kept() > 0 && kept() < p_.samples)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "stage `" + p_.stage + "` left " + std::to_string(kept()) +
                             " samples, and `samples` asks for " + std::to_string(p_.samples) +
                             ": omit it to use all of them",
                         "samples");
    return assay::read_posterior(artifact(), model, p_.stage);
  }

  assay::Tensors draw(const assay::Posterior& posterior, std::int64_t pass,
                      const assay::Context& context) const {
    if (posterior.has_samples()) {
      assay::Tensors chosen;
      for (const auto& all : posterior.samples) chosen.push_back(all[pass * kept() / passes()]);
      return chosen;
    }
    if (p_.scale == 0) return posterior.mean;
    const double scale = p_.scale == -1               ? posterior.scale
                         : p_.scale_of == "deviation" ? p_.scale * p_.scale
                                                      : p_.scale;
    return assay::draw_weights(posterior, scale,
                               assay::draw_noise(posterior, context.rng.fork("posterior")));
  }

  Params p_;
  std::shared_ptr<const assay::Inputs> inputs_;
  mutable assay::TensorMap artifact_;
  std::optional<assay::Posterior> posterior_;  // on the model's device
  assay::OnePass one_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<PosteriorAverage>(
      "posterior",
      "The mean of the probabilities, or values, over draws of the weights from the posterior that "
      "an earlier stage left (SWAG, SGVB, bSAM, Laplace, SGLD, SGHMC).");
}
