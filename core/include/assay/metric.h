// Metric: turns predictions into rows of the run.
#pragma once

#include "assay/predictor.h"

namespace assay {

/// A row that a metric may give, declared so that a manifest can be checked without running it.
struct RowInfo {
  std::string name;  // without the set; `*` at its end stands for names that the data decide
  bool higher_is_better = true;
  std::string unit = {};  // empty: a fraction or a number
};

/// Predictions by name of the set: "train", "validation", "test", or that of another dataset.
using PredictionSets = std::map<std::string, Predictions>;

/// Collects the rows and documents of metrics, in order.
class Measured {
 public:
  void row(const std::string& set, const std::string& name, double value) {
    rows_.emplace_back(set + "/" + name, value);
  }
  void document(const std::string& name, std::string text) { documents_[name] = std::move(text); }
  const std::vector<std::pair<std::string, double>>& rows() const { return rows_; }
  /// Empty if there is no such row.
  std::optional<double> find(const std::string& set, const std::string& name) const;
  void write(Results& results) const;

 private:
  std::vector<std::pair<std::string, double>> rows_;
  std::map<std::string, std::string> documents_;
};

/// [N] bool: whether each sample is classified correctly; an abstention is not.
torch::Tensor is_right(const Predictions& predictions);

/// A set that a procedure measures together with others.
struct SetInfo {
  std::string name;
  bool has_targets;  // as EvaluationSet::has_targets()
};

/// Immutable. A plugin's metric also has `static std::vector<RowInfo> rows()`, all that it may
/// give: see SetMetric.
class Metric {
 public:
  using Interface = Metric;
  static constexpr std::string_view kind = "metric";
  virtual ~Metric();

  virtual std::vector<RowInfo> declared_rows() const = 0;
  virtual Keeps keeps() const { return {}; }
  /// Called when the procedure is built, before anything is trained, with all sets that measure()
  /// gets together; empty: single splits. Throws Error{kParameter} if it needs others.
  virtual void check_sets(const std::vector<SetInfo>&) const {}
  /// Called before anything is trained for each set. Throws Error{kData} if the set, which has this
  /// number of samples, is too small for it.
  virtual void check_size(const SetInfo&, std::int64_t) const {}
  /// Measures the sets together, since some metrics compare them: those of `evaluate`, `fit` and
  /// `dfr`; `train` measures the validation and the test split by themselves. Throws
  /// Error{kParameter} if the predictions lack what it needs.
  virtual void measure(const PredictionSets& sets, Measured& into) const = 0;
};

/// Base class of metrics that measure each set by itself. T declares `static std::vector<RowInfo>
/// rows()` and implements measure_set().
template <class T>
class SetMetric : public Metric {
 public:
  std::vector<RowInfo> declared_rows() const override { return T::rows(); }
  void measure(const PredictionSets& sets, Measured& into) const override {
    for (const auto& [name, predictions] : sets)
      if (predictions.size() > 0 && (predictions.target.defined() || !needs_targets()))
        measure_set(name, predictions, into);
  }

 protected:
  /// Whether it leaves out sets without targets: EvaluationSet::has_targets().
  virtual bool needs_targets() const { return true; }
  virtual void measure_set(const std::string& set, const Predictions& predictions,
                           Measured& into) const = 0;
};

}  // namespace assay
