// Out-of-distribution detection: Hendrycks and Gimpel, "A baseline for detecting misclassified and
// out-of-distribution examples in neural networks", ICLR 2017; the energy of Liu, Wang, Owens and
// Li, "Energy-based out-of-distribution detection", NeurIPS 2020.
#include <algorithm>

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
    return {{"outside/auroc/*"},
            {"outside/aupr_in/*"},
            {"outside/aupr_out/*"},
            {"outside/fpr95/*", false}};
  }

  OutOfDistribution(Params params, const assay::Info& info) : p_(std::move(params)) {
    bayes::expect_classes(info, "out_of_distribution");
  }

  std::vector<assay::RowInfo> declared_rows() const override { return rows(); }
  assay::Keeps keeps() const override { return {.members = true, .logits = true}; }

  void check_sets(const std::vector<assay::SetInfo>& sets) const override {
    bool outside = false;
    std::vector<std::string> inside;
    for (const auto& set : sets) {
      outside = outside || !set.has_targets;
      if (set.has_targets) inside.push_back(set.name);
    }
    if (!outside)
      fail(
          "`out_of_distribution` compares with a set that has `targets: none`: add one to the "
          "`sets` of `evaluate`");
    if (p_.inside.empty() && inside.size() > 1)
      fail("the sets `" + inside[0] + "` and `" + inside[1] +
           "` have targets: say with `inside` which has the in-distribution samples");
    if (!p_.inside.empty() && std::find(inside.begin(), inside.end(), p_.inside) == inside.end())
      fail("`inside` is `" + p_.inside + "`, which is no set with targets; that is `" +
           inside.front() + "`");
  }

  void measure(const assay::PredictionSets& sets, assay::Measured& into) const override {
    if (sets.empty()) return;
    const auto own = bayes::compute_scores(inside_of(sets));
    for (const auto& [name, all] : sets) {
      if (all.target.defined()) continue;
      const auto predictions = bayes::keep_answered(all, "out_of_distribution");
      if (predictions.size() == 0) continue;
      const auto others = bayes::compute_scores(predictions);
      for (std::size_t k = 0; k < own.size(); ++k) {
        const auto &in = own[k].second, &out = others.at(k).second;
        const auto found = bayes::detect(in, out);
        into.row(name, "outside/auroc/" + own[k].first, found.auroc);
        into.row(name, "outside/aupr_in/" + own[k].first, found.aupr);
        into.row(name, "outside/aupr_out/" + own[k].first, bayes::detect(-out, -in).aupr);
        into.row(name, "outside/fpr95/" + own[k].first, found.fpr95);
      }
    }
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    throw assay::Error(assay::ErrorKind::kParameter, what);
  }

  assay::Predictions inside_of(const assay::PredictionSets& sets) const {
    for (const auto& [name, predictions] : sets)
      if (p_.inside.empty() ? predictions.target.defined() : name == p_.inside) {
        auto found = bayes::keep_answered(predictions, "out_of_distribution");
        if (found.size() > 0) return found;
      }
    fail("no in-distribution sample has an answer, so nothing can be compared");
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
