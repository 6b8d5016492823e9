// Prediction: the loop over a set that all procedures share, and the metrics of what it finds.
#pragma once

#include "assay/metric.h"

namespace assay {

/// The default predictor: log_softmax of the logits of one forward pass, or its values.
class OnePass final : public Predictor {
 public:
  Predictions predict(Model& model, const Batch& batch, const Context& context) override;
};

/// Predictions for a split, unit by unit: a unit is a pass over a batch. The model is put into eval
/// mode for each unit. Samples are those of the dataset, without transforms. If the model gives no
/// logits, the terms of `parts.objective` are evaluated instead, if `keeps` asks for answers.
class PredictionLoop final : public Stateful {
 public:
  /// `targets`: as EvaluationSet::has_targets().
  PredictionLoop(std::shared_ptr<Predictor> predictor, std::shared_ptr<const Dataset> dataset,
                 Split split, std::int64_t batch, Keeps keeps, bool targets = true);

  std::int64_t units() const { return predictor_->passes() * batches(); }
  /// Does unit `unit`, counted from 0; units are done in order.
  void advance(std::int64_t unit, Parts& parts, const Context& context);
  /// After the last unit: the mean of the passes' probabilities or values. A sample on which one of
  /// the passes abstains counts as an abstention.
  Predictions finish() const;

  void save(State& state) const override;
  void load(const State& state) override;

 private:
  std::int64_t batches() const;
  void begin_pass(std::int64_t pass, Parts& parts, const Context& context);
  void add(std::int64_t pass, std::size_t place, const Info& info, Predictions found);
  void add_terms(Parts& parts, const Batch& batch, const Context& context);

  std::shared_ptr<Predictor> predictor_;
  std::shared_ptr<const Dataset> dataset_;
  Split split_;
  std::int64_t batch_;
  Keeps keeps_;
  bool targets_;
  std::vector<Predictions>
      found_;  // per batch; probabilities are added up over passes, as logarithms
  std::vector<Tensors> members_;                            // per pass and batch
  std::map<std::string, double> terms_, counts_, weights_;  // of the objective, if it is asked
  bool in_pass_ = false;  // begin_pass() has been called for the current pass in this process
  Tensors before_;        // weights and buffers before the current pass, if it changes them
};

/// Throws Error{kNumeric} that names `set` if a probability, value or feature of it is NaN, but for
/// samples on which the model abstains: what is measured of them would be a number like any other.
void check_not_nan(const Predictions& found, const std::string& set);

/// The predictions of all units at once, by one pass.
Predictions predict(Parts& parts, Split split, std::int64_t batch, Keeps keeps,
                    const Context& context);

/// Predictor::check() of the predictor of a procedure, for Procedure::check(): errors have its
/// path. Nothing if it is null.
void check_predictor(const std::shared_ptr<Predictor>& predictor, const Model& model);

using Metrics = std::vector<std::shared_ptr<Metric>>;

/// Throws Error{kParameter} if two of them declare the same row, or if one needs other sets.
/// `sets`: as Metric::check_sets().
void check_metrics(const Metrics& metrics, const std::vector<SetInfo>& sets = {});
/// Metric::check_size() of all of them, for Procedure::check(): errors have the path of the metric.
void check_size(const Metrics& metrics, const SetInfo& set, std::int64_t samples);
/// The same for splits of a dataset that are there.
void check_sizes(const Metrics& metrics, const Dataset& dataset,
                 std::initializer_list<Split> splits);
/// What all of them need.
Keeps keeps_of(const Metrics& metrics);
Measured measure(const Metrics& metrics, const PredictionSets& sets);

/// The row that is meant by `name`, among those that the metrics declare; null if none is.
std::optional<RowInfo> find_row(const Metrics& metrics, const std::string& name);

}  // namespace assay
