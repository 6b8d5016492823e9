// The parts of the predictive uncertainty: Depeweg, Hernandez-Lobato, Doshi-Velez and Udluft,
// "Decomposition of uncertainty in Bayesian deep learning", ICML 2018.
#include "assay/registry.h"
#include "bayes/shared/detection.h"
#include "bayes/shared/scores.h"

namespace {

class UncertaintyParts final : public assay::SetMetric<UncertaintyParts> {
 public:
  struct Params {};
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() { return {}; }
  static std::vector<assay::RowInfo> rows() {
    return {{"uncertainty/total", false, "nats"},
            {"uncertainty/aleatoric", false, "nats"},
            {"uncertainty/epistemic", false, "nats"},
            {"errors/auroc/*"},
            {"errors/aupr_right/*"},
            {"errors/aupr_wrong/*"},
            {"errors/fpr95/*", false}};
  }

  UncertaintyParts(Params, const assay::Info& info) {
    bayes::expect_classes(info, "uncertainty_parts");
  }

  assay::Keeps keeps() const override { return {.members = true, .logits = true}; }

 protected:
  bool needs_targets() const override { return false; }

  void measure_set(const std::string& set, const assay::Predictions& all,
                   assay::Measured& into) const override {
    const auto predictions = bayes::keep_answered(all, "uncertainty_parts");
    if (predictions.size() == 0) return;
    const double total = bayes::entropy(predictions).mean().item<double>(),
                 aleatoric = bayes::mean_entropy(predictions).mean().item<double>();
    into.row(set, "uncertainty/total", total);
    into.row(set, "uncertainty/aleatoric", aleatoric);
    into.row(set, "uncertainty/epistemic", total - aleatoric);
    if (predictions.target.defined()) measure_errors(set, predictions, into);
  }

 private:
  // Right answers should be surer than wrong ones. With only one of the two there is no row.
  static void measure_errors(const std::string& set, const assay::Predictions& predictions,
                             assay::Measured& into) {
    const auto right = assay::is_right(predictions);
    const auto wrong = right.logical_not();
    if (!right.any().item<bool>() || !wrong.any().item<bool>()) return;
    for (const auto& [name, score] : bayes::compute_scores(predictions)) {
      const auto of_right = score.masked_select(right), of_wrong = score.masked_select(wrong);
      const auto found = bayes::detect(of_right, of_wrong);
      into.row(set, "errors/auroc/" + name, found.auroc);
      into.row(set, "errors/aupr_right/" + name, found.aupr);
      into.row(set, "errors/aupr_wrong/" + name, bayes::detect(-of_wrong, -of_right).aupr);
      into.row(set, "errors/fpr95/" + name, found.fpr95);
    }
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<UncertaintyParts>(
      "uncertainty_parts",
      "Total, aleatoric and epistemic uncertainty (Depeweg et al., ICML 2018), and how well "
      "scores tell right from wrong answers.");
}
