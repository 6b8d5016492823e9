// Out-of-distribution detection: Hendrycks and Gimpel, "A baseline for detecting misclassified and
// out-of-distribution examples in neural networks", ICLR 2017; the energy of Liu, Wang, Owens and
// Li, "Energy-based out-of-distribution detection", NeurIPS 2020.
#include "assay/registry.h"
#include "bayes/shared/detection.h"
#include "bayes/shared/scores.h"

namespace {

class OutOfDistribution final : public assay::Metric {
 public:
  struct Params {
    std::string inside;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field(
        "inside", &Params::inside, assay::any(),
        "Set of the in-distribution samples; empty: the only one with targets.");
  }
  static std::vector<assay::RowInfo> rows() {
    return {{"outside/auroc/*"}, {"outside/aupr/*"}, {"outside/fpr95/*", false}};
  }

  OutOfDistribution(Params params, const assay::Info& info) : p_(std::move(params)) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "measures probabilities of classes, but the dataset has real targets");
  }

  std::vector<assay::RowInfo> declared_rows() const override { return rows(); }
  assay::Keeps keeps() const override { return {.members = true, .logits = true}; }

  void check_sets(const std::vector<assay::OtherSet>& others) const override {
    bool outside = false;
    std::string further;  // a set with targets, beside the split
    for (const auto& set : others) {
      outside = outside || !set.has_targets;
      if (set.has_targets) further = set.name;
      if (!set.has_targets && set.name == p_.inside)
        fail("`inside` is `" + p_.inside + "`, which has `targets: none`: name a set with targets");
    }
    if (!outside)
      fail(
          "`out_of_distribution` compares with a set that has `targets: none`: add one to the "
          "`sets` of `evaluate`");
    if (p_.inside.empty() && !further.empty())
      fail("both the split and the set `" + further +
           "` have targets: say with `inside` which of them has the in-distribution samples");
  }

  void measure(const assay::PredictionSets& sets, assay::Measured& into) const override {
    if (sets.empty()) return;
    const auto& inside = inside_of(sets);
    const auto own = bayes::scores(inside);
    for (const auto& [name, predictions] : sets) {
      if (predictions.target.defined() || predictions.size() == 0) continue;
      const auto others = bayes::scores(predictions);
      for (std::size_t k = 0; k < own.size(); ++k) {
        const auto found = bayes::detect(own[k].second, others.at(k).second);
        into.row(name, "outside/auroc/" + own[k].first, found.auroc);
        into.row(name, "outside/aupr/" + own[k].first, found.aupr);
        into.row(name, "outside/fpr95/" + own[k].first, found.fpr95);
      }
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    throw assay::Error(assay::ErrorKind::kParameter, what);
  }

  const assay::Predictions& inside_of(const assay::PredictionSets& sets) const {
    const assay::Predictions* found = nullptr;
    for (const auto& [name, predictions] : sets)
      if (p_.inside.empty() ? predictions.target.defined() : name == p_.inside)
        found = &predictions;
    if (found == nullptr || found->size() == 0)
      fail("there is no set `" + p_.inside + "` of in-distribution samples");
    if (!found->log_probability.defined())
      fail("`out_of_distribution` needs probabilities, which the model does not give");
    return *found;
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<OutOfDistribution>(
      "out_of_distribution",
      "How well scores of certainty tell the dataset from out-of-distribution data (Hendrycks and "
      "Gimpel, ICLR 2017): AUROC, AUPR and FPR95.");
}
