// One term a domain, so that methods may weigh or align them; self-training where a domain has no
// labels: Lee, "Pseudo-label", ICML workshop on challenges in representation learning, 2013.
#include <algorithm>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

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
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("unlabelled", &Params::unlabelled, assay::any(),
               "Names of the groups that are trained without labels: confident predictions of the "
               "model "
               "are used as pseudo-labels instead.")
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

  assay::Term evaluate_term(std::size_t k, assay::Model& model, const assay::Batch& batch,
                            const assay::Context& context) override {
    const auto rows = (batch.group == static_cast<std::int64_t>(k)).nonzero().squeeze(1);
    if (rows.size(0) == 0) return {at::zeros({}, batch.input.options())};
    assay::seed_default_generators(context.rng.fork(k), context.device);
    const auto logits = model.forward(batch.input.index_select(0, rows)).logits;
    if (labelled_[k]) return {at::cross_entropy_loss(logits, batch.target.index_select(0, rows))};
    return {self_trained(logits)};
  }

  std::int64_t samples(std::size_t k, const assay::Batch& batch) const override {
    return (batch.group == static_cast<std::int64_t>(k)).sum().item<std::int64_t>();
  }

 private:
  // The mean over the confident samples; without one it is 0, and so is its gradient.
  torch::Tensor self_trained(const torch::Tensor& logits) const {
    const auto [confidence, label] = at::softmax(logits.detach(), 1).max(1);
    const auto confident = confidence >= tau_;
    const auto each = at::cross_entropy_loss(logits, label, {}, at::Reduction::None);
    return each.masked_select(confident).sum() / confident.sum().clamp_min(1);
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
