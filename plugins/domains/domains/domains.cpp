// One term a domain, so that methods may weigh or align them; self-training where a domain has no
// labels: Lee, "Pseudo-label", ICML workshop on challenges in representation learning, 2013.
#include <algorithm>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"

namespace {

using assay::Error;
using assay::ErrorKind;

class Domains final : public assay::Objective {
 public:
  struct Params {
    assay::Strings unlabelled;
    double tau = 0.9;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("unlabelled", &Params::unlabelled, assay::any(),
               "Names of the groups that are trained without labels: confident predictions of the "
               "model are used as pseudo-labels instead.")
        .field("tau", &Params::tau, assay::between(0, 1),
               "Smallest predicted probability at which a prediction is used as a pseudo-label.");
  }

  Domains(const Params& p, const assay::Info& info) : tau_(p.tau), terms_(info.groups) {
    if (info.classes == 0)
      throw Error(ErrorKind::kParameter,
                  "the dataset has no classes: use a classification dataset");
    if (terms_.empty())
      throw Error(ErrorKind::kParameter,
                  "has one term per group, but the dataset has no groups: use cross_entropy, or "
                  "a dataset such as `digits_domains`");
    labelled_.assign(terms_.size(), true);
    for (const auto& name : p.unlabelled) {
      const auto it = std::find(terms_.begin(), terms_.end(), name);
      if (it == terms_.end()) throw Error(ErrorKind::kParameter, unknown(name));
      labelled_[static_cast<std::size_t>(it - terms_.begin())] = false;
    }
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context& context) override {
    std::vector<assay::Term> all;
    for (std::size_t k = 0; k < terms_.size(); ++k)
      all.push_back(evaluate_term(k, model, batch, context));
    return all;
  }

  // The pseudo-labels of a step: predictions at its first weights, kOther where they are not
  // confident and in domains with labels.
  assay::Batch prepare(assay::Model& model, const assay::Batch& batch,
                       const assay::Context& context) override {
    auto rows = at::zeros_like(batch.group, torch::kBool);
    for (std::size_t k = 0; k < terms_.size(); ++k)
      if (!labelled_[k]) rows = rows.logical_or(in_domain(batch, k));
    const auto places = rows.nonzero().squeeze(1);
    if (places.size(0) == 0) return batch;
    const torch::NoGradGuard no_grad;
    assay::seed_default_generators(context.rng, context.device);
    const auto logits = model.forward(batch.select(places)).logits.to(torch::kFloat);
    const auto [confidence, label] = at::softmax(logits, 1).max(1);
    auto prepared = batch;
    prepared.extra[kPseudoLabel] =
        at::full_like(batch.group, kOther)
            .index_copy(0, places, label.where(confidence >= tau_, kOther));
    return prepared;
  }

  assay::Term evaluate_term(std::size_t k, assay::Model& model, const assay::Batch& batch,
                            const assay::Context& context) override {
    const auto rows = in_domain(batch, k).nonzero().squeeze(1);
    if (rows.size(0) == 0) return {at::zeros({}, batch.input.options())};
    assay::seed_default_generators(context.rng.fork(k), context.device);
    const auto own = batch.select(rows);
    const auto logits = model.forward(own).logits;
    if (labelled_[k]) return {at::cross_entropy_loss(logits, own.target)};
    const auto& label = pseudo_label(own);
    const auto sum = at::cross_entropy_loss(logits, label, {}, at::Reduction::Sum, kOther);
    return {sum / (label != kOther).sum().clamp_min(1)};
  }

  // A domain without labels counts its confident samples.
  std::int64_t samples(std::size_t k, const assay::Batch& batch) const override {
    auto counted = in_domain(batch, k);
    if (!labelled_[k] && batch.extra.contains(kPseudoLabel))
      counted = counted.logical_and(pseudo_label(batch) != kOther);
    return counted.sum().item<std::int64_t>();
  }

 private:
  static constexpr const char* kPseudoLabel = "pseudo_label";
  static constexpr std::int64_t kOther = -100;  // the class that cross-entropy leaves out

  static torch::Tensor in_domain(const assay::Batch& batch, std::size_t k) {
    return batch.group == static_cast<std::int64_t>(k);
  }

  static const torch::Tensor& pseudo_label(const assay::Batch& batch) {
    const auto it = batch.extra.find(kPseudoLabel);
    if (it == batch.extra.end())
      throw Error(ErrorKind::kPlugin,
                  "a batch of a domain without labels has no pseudo-labels: call prepare() first");
    return it->second;
  }

  std::string unknown(const std::string& name) const {
    const auto near = assay::nearest(name, terms_);
    return "`unlabelled` names the group `" + name + "`, which the dataset does not have" +
           (near.empty() ? "; it has " + assay::listed(terms_) : "; did you mean `" + near + "`?");
  }

  double tau_;
  std::vector<std::string> terms_;  // the groups' names
  std::vector<bool> labelled_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Domains>(
      "domains",
      "Cross-entropy with one term per group; groups without labels use pseudo-labels (Lee, "
      "2013).");
}
