// What the metrics of a procedure declare, need and find.
#include <algorithm>
#include <set>

#include "assay/schema.h"
#include "assay/sdk/prediction.h"

namespace assay {

std::optional<double> Measured::find(const std::string& set, const std::string& name) const {
  const auto it = std::find_if(rows_.begin(), rows_.end(),
                               [&](const auto& row) { return row.first == set + "/" + name; });
  return it == rows_.end() ? std::nullopt : std::optional(it->second);
}

void Measured::write(Results& results) const {
  for (const auto& [name, value] : rows_) results.metric(name, value);
  for (const auto& [name, text] : documents_) results.document(name, text);
}

torch::Tensor is_right(const Predictions& predictions) {
  const auto right = predictions.label == predictions.target;
  const auto& abstained = predictions.abstained;
  return abstained.defined() ? right.logical_and(abstained.logical_not()) : right;
}

void check_metrics(const Metrics& metrics, const std::vector<SetInfo>& sets) {
  std::set<std::string> names;
  for (const auto& metric : metrics) {
    metric->check_sets(sets);
    for (const auto& row : metric->declared_rows())
      if (!names.insert(row.name).second)
        throw Error(ErrorKind::kParameter,
                    "two of the `metrics` give the row `" + row.name + "`: remove one of them");
  }
}

// Calls visit(metric) for each; what it throws has the path of the metric.
template <class Visit>
static void for_metrics(const Metrics& metrics, const Visit& visit) {
  for (std::size_t i = 0; i < metrics.size(); ++i)
    within("procedure.metrics." + std::to_string(i), [&] { visit(*metrics[i]); });
}

void check_size(const Metrics& metrics, const SetInfo& set, std::int64_t samples) {
  for_metrics(metrics, [&](const Metric& metric) { metric.check_size(set, samples); });
}

void check_sizes(const Metrics& metrics, const Dataset& dataset,
                 std::initializer_list<Split> splits) {
  for (const auto split : splits)
    if (const auto samples = std::ssize(dataset.ids(split)); samples > 0)
      check_size(metrics, {std::string(name_of(split)), true}, samples);
}

Keeps keeps_of(const Metrics& metrics) {
  Keeps all;
  for (const auto& metric : metrics) {
    const auto own = metric->keeps();
    all.members = all.members || own.members;
    all.features = all.features || own.features;
    all.logits = all.logits || own.logits;
  }
  return all;
}

// A manifest is checked by what is declared.
static void check_declared(const Metric& metric, const Measured& measured, std::size_t from) {
  const auto declared = metric.declared_rows();
  for (std::size_t i = from; i < measured.rows().size(); ++i) {
    const auto& row = measured.rows()[i].first;
    const auto name = row.substr(row.find('/') + 1);
    if (std::none_of(declared.begin(), declared.end(),
                     [&](const RowInfo& one) { return covers_row(one.name, name); }))
      throw Error(ErrorKind::kPlugin, "a metric gives the row `" + name +
                                          "`, which it does not declare: add it to its rows()");
  }
}

Measured measure(const Metrics& metrics, const PredictionSets& sets) {
  Measured measured;
  for_metrics(metrics, [&](const Metric& metric) {
    const auto before = measured.rows().size();
    metric.measure(sets, measured);
    check_declared(metric, measured, before);
  });
  return measured;
}

std::optional<RowInfo> find_row(const Metrics& metrics, const std::string& name) {
  for (const auto& metric : metrics)
    for (const auto& row : metric->declared_rows())
      if (covers_row(row.name, name)) return row;
  return {};
}

}  // namespace assay
