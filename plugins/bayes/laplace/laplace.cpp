// Laplace's approximation of the posterior of the last layer: MacKay, Neural Computation 1992;
// Ritter, Botev and Barber, "A scalable Laplace approximation for neural networks", ICLR 2018
// (Kronecker); Daxberger et al., "Laplace redux", NeurIPS 2021.
#include <cmath>
#include <numbers>
#include <optional>

#include <ATen/ops/cat.h>
#include <ATen/ops/diag_embed.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"
#include "bayes/shared/fixed.h"
#include "curvature.h"

namespace {

using assay::Error, assay::ErrorKind, assay::Split;
using laplace::Curvature, laplace::Structure;

constexpr std::int64_t kMost = 4096;  // weights with a covariance of their own: 128 MiB of numbers

class Laplace final : public assay::Procedure {
 public:
  struct Params {
    std::string covariance = "kronecker";
    double prior_precision = 0;
    double noise_deviation = 1;
    std::int64_t batch = 256;
  };

  static assay::Strings needs() { return {"model/LinearHead", "weights/All", "dataset"}; }
  static assay::Strings artifacts() { return {assay::kPosterior}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("covariance", &Params::covariance, one_of({"diagonal", "kronecker", "full"}),
               "Structure of the curvature of the last layer's weights.")
        .field("prior_precision", &Params::prior_precision, at_least(0),
               "Precision d of the prior N(0, 1 / d) of each weight; 0: the one of 201 values from "
               "1e-4 to 1e6 with the largest marginal likelihood of the training data.")
        .field("noise_deviation", &Params::noise_deviation, above(0),
               "Standard deviation of the noise of real targets; not used for classes.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.");
  }

  explicit Laplace(Params params) : p_(std::move(params)) {}

  void check(const assay::Parts& parts) const override {
    assay::within("procedure", [&] {
      check_size(assay::as<assay::LinearHead>(*parts.model, "model", "LinearHead").head());
    });
  }

  std::int64_t units(const assay::Parts& parts) const override {
    return (std::ssize(parts.dataset->ids(Split::kTrain)) + p_.batch - 1) / p_.batch;
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(*parts.model);
    auto& head = assay::as<assay::LinearHead>(*parts.model, "model", "LinearHead");
    if (!curvature_) start(head.head());
    const auto ids = parts.dataset->ids(Split::kTrain);
    const auto from = static_cast<std::size_t>(unit * p_.batch);
    const auto part = ids.subspan(from, std::min<std::size_t>(p_.batch, ids.size() - from));
    add(*parts.model, assay::to_device(parts.dataset->load(part, context), context.device));
    if (unit + 1 == units(parts)) finish(*parts.model, head.head(), context, results);
  }

  void save(assay::State& state) const override {
    state.put("likelihood", likelihood_);
    state.put("started", curvature_.has_value());
    if (curvature_) curvature_->save(state);
    if (!curvature_) return;
    state.put("outputs", outputs_);
    state.put("columns", columns_);
  }
  void load(const assay::State& state) override {
    likelihood_ = state.scalar<double>("likelihood");
    if (!state.scalar<bool>("started")) return;
    outputs_ = state.scalar<std::int64_t>("outputs");
    columns_ = state.scalar<std::int64_t>("columns");
    curvature_.emplace(structure(), outputs_, columns_);
    curvature_->load(state);
  }

 private:
  Structure structure() const {
    return p_.covariance == "diagonal" ? Structure::kDiagonal
           : p_.covariance == "full"   ? Structure::kFull
                                       : Structure::kKronecker;
  }

  void check_size(const assay::LinearHead::Head& head) const {
    const auto count = head.weight.size(0) * (head.weight.size(1) + 1);
    if (structure() != Structure::kDiagonal && count > kMost)
      throw Error(ErrorKind::kParameter,
                  "the last layer has " + std::to_string(count) +
                      " weights, and `covariance: " + p_.covariance + "` is for up to " +
                      std::to_string(kMost) + ": use `diagonal`",
                  "covariance");
  }

  void start(const assay::LinearHead::Head& head) {
    outputs_ = head.weight.size(0);
    columns_ = head.weight.size(1) + 1;
    check_size(head);
    curvature_.emplace(structure(), outputs_, columns_);
  }

  void add(assay::Model& model, const assay::Batch& batch) {
    const auto output = model.forward(batch);
    const auto count = output.logits.size(0);
    const auto logits = output.logits.to(torch::kDouble).cpu(),
               features = at::cat({output.features.flatten(1).to(torch::kDouble).cpu(),
                                   at::ones({count, 1}, torch::kDouble)},
                                  1);
    const auto target = batch.target.cpu();
    if (target.is_floating_point()) {
      const double precision = 1 / (p_.noise_deviation * p_.noise_deviation);
      likelihood_ -= (logits - target).square().sum().item<double>() * precision / 2 +
                     static_cast<double>(logits.numel()) *
                         std::log(p_.noise_deviation * std::sqrt(2 * std::numbers::pi));
      curvature_->add(features,
                      (at::eye(outputs_, torch::kDouble) * precision).expand({count, -1, -1}));
    } else {
      const auto log_p = at::log_softmax(logits, 1), p = log_p.exp();
      likelihood_ += log_p.gather(1, target.unsqueeze(1)).sum().item<double>();
      curvature_->add(features, at::diag_embed(p) - p.unsqueeze(2) * p.unsqueeze(1));
    }
  }

  void finish(const assay::Model& model, const assay::LinearHead::Head& head,
              const assay::Context& context, assay::Results& results) {
    const double length = (head.weight.to(torch::kDouble).square().sum() +
                           head.bias.to(torch::kDouble).square().sum())
                              .item<double>();
    const auto eigenvalues = curvature_->eigenvalues();
    const auto evidence = [&](double d) {
      return likelihood_ - d * length / 2 +
             (static_cast<double>(eigenvalues.numel()) * std::log(d) -
              (eigenvalues + d).log().sum().item<double>()) /
                 2;
    };
    double precision = p_.prior_precision;
    if (precision == 0) {
      precision = kLeastPrecision;
      for (int k = 0; k <= 200; ++k)
        if (const double d = kLeastPrecision * std::pow(10.0, k / 20.0);
            evidence(d) > evidence(precision))
          precision = d;
    }
    if (p_.prior_precision == 0 && (precision == kLeastPrecision || precision > 0.9e6))
      context.note(
          "the marginal likelihood is largest at an end of the grid of prior precisions: "
          "give `prior_precision`");
    results.metric("laplace/prior_precision", precision);
    results.metric("laplace/log_evidence", evidence(precision));
    auto artifact = assay::to_artifact(make_posterior(model, head, precision));
    bayes::add_fixed(artifact, model);
    results.artifact(assay::kPosterior, artifact);
  }

  assay::Posterior make_posterior(const assay::Model& model, const assay::LinearHead::Head& head,
                                  double precision) const {
    assay::Posterior left;
    const bool diagonal = structure() == Structure::kDiagonal;
    const auto m = outputs_ * columns_;
    const auto all = diagonal ? curvature_->variance(precision)
                              : curvature_->factor(precision) * std::sqrt(static_cast<double>(m));
    left.rank = diagonal ? 0 : m + 1;
    const auto add_part = [&](const torch::Tensor& own, const torch::Tensor& part) {
      for (const auto& item : model.named_parameters())
        if (item.value().is_same(own)) left.names.push_back(item.key());
      left.mean.push_back(own.detach().cpu());
      const auto values = part.to(own.scalar_type()).contiguous();
      left.variance.push_back(diagonal ? values : at::zeros_like(left.mean.back()));
      if (!diagonal) left.deviations.push_back(values);
    };
    add_part(head.weight, all.narrow(-1, 0, columns_ - 1));
    add_part(head.bias, all.select(-1, columns_ - 1));
    return left;
  }

  static constexpr double kLeastPrecision = 1e-4;

  Params p_;
  std::int64_t outputs_ = 0, columns_ = 0;
  std::optional<Curvature> curvature_;
  double likelihood_ = 0;  // log, of the training samples so far, in nats
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Laplace>(
      "laplace",
      "Laplace's approximation of the posterior of the last layer (MacKay, 1992; Daxberger et al., "
      "NeurIPS 2021), with a diagonal, Kronecker-factored or full covariance.");
}
