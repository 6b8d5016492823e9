// The metrics of classification and regression, one by one and as the usual set.
#include "assay/registry.h"
#include "rows.h"

namespace {

using assay::RowInfo;
using Rows = std::vector<RowInfo>;

const Rows kAccuracy{{"accuracy"}}, kNll{{"nll", false, "nats"}}, kMse{{"mse", false}},
    kCoverage{{"coverage"}, {"selective_accuracy"}},
    kGroups{{"accuracy/group/*"}, {"average"}, {"worst_group"}, {"gap", false}},
    kClasses{{"accuracy/class/*"}, {"balanced_accuracy"}, {"macro_f1"}},
    kTerms{{"loss", false}, {"term/*", false}};

// A metric of one function. `kClassification`: it needs classes, else real targets.
template <const Rows& kRows, auto kMeasure, bool kClassification>
class One final : public assay::SetMetric<One<kRows, kMeasure, kClassification>> {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  static Rows rows() { return kRows; }
  static assay::Strings needs() { return {kClassification ? "dataset/Classes" : "dataset/Values"}; }

  One(Params, const assay::Info& info) {
    if ((info.classes > 0) != kClassification)
      throw assay::Error(
          assay::ErrorKind::kParameter,
          kClassification ? "measures classes, but the dataset has real targets: use `mse`"
                          : "measures real targets, but the dataset has classes: use `accuracy`");
  }

 protected:
  void measure_set(const std::string& set, const assay::Predictions& predictions,
                   assay::Measured& into) const override {
    const auto& needed = kClassification ? predictions.log_probability : predictions.value;
    if (!needed.defined())
      throw assay::Error(
          assay::ErrorKind::kParameter,
          std::string("a metric of ") +
              (kClassification ? "classes needs probabilities" : "values needs them") +
              ", which the model does not give: use `metrics: [standard]`");
    kMeasure({set, predictions, into});
  }
};

// `kDetailed`: also what is measured per class.
template <bool kDetailed>
class Usual final : public assay::SetMetric<Usual<kDetailed>> {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  static Rows rows() {
    Rows all;
    for (const auto* some : {&kAccuracy, &kNll, &kCoverage, &kGroups, &kMse, &kTerms})
      all.insert(all.end(), some->begin(), some->end());
    if (kDetailed) all.insert(all.end(), kClasses.begin(), kClasses.end());
    return all;
  }

  explicit Usual(Params) {}

 protected:
  void measure_set(const std::string& set, const assay::Predictions& predictions,
                   assay::Measured& into) const override {
    const rows::Measuring m{set, predictions, into};
    if (predictions.log_probability.defined()) {
      for (auto* row : {rows::accuracy, rows::nll, rows::coverage, rows::groups}) row(m);
      if (kDetailed) rows::classes(m);
    } else if (predictions.value.defined()) {
      rows::mse(m);
    } else {
      rows::terms(m);
    }
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Usual<true>>("detailed",
                            "The rows of `standard`, and of `classes` for a classification.");
  registry.add<Usual<false>>(
      "standard",
      "The usual rows: accuracy, nll, coverage and groups of a classification, mse of a "
      "regression, or the objective's terms of a model without logits.");
  registry.add<One<kAccuracy, rows::accuracy, true>>(
      "accuracy", "Fraction of the samples that are classified correctly.");
  registry.add<One<kNll, rows::nll, true>>(
      "nll", "Mean negative log-likelihood of the true classes, in nats.");
  registry.add<One<kMse, rows::mse, false>>("mse", "Mean squared error of the values.");
  registry.add<One<kCoverage, rows::coverage, true>>(
      "coverage", "Fraction of the samples that a model answers, and its accuracy on these.");
  registry.add<One<kGroups, rows::groups, true>>(
      "groups",
      "Accuracy per group, their average by the groups' shares of the training split, the worst, "
      "and the gap between the two.");
  registry.add<One<kClasses, rows::classes, true>>(
      "classes",
      "Recall per class, its mean over the classes that occur, and the mean F1 over those that "
      "occur or are predicted.");
}
