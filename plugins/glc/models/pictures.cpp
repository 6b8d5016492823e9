#include "models/pictures.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/cat.h>
#include <fmt/core.h>

#include "assay/training.h"
#include "models/end_point.h"
#include "models/samples.h"
#include "page/page.h"

namespace glc {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

namespace {

constexpr std::size_t kBatch = 4096;

Split split_of(const std::string& name) {
  return name == "train" ? Split::kTrain : name == "validation" ? Split::kValidation : Split::kTest;
}

Rows every(const Table& table) {
  Rows rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

const RuleModel* rules_of(const assay::Parts& parts) {
  return dynamic_cast<const RuleModel*>(parts.model.get());
}

}  // namespace

assay::Schema<Pictures::Params> Pictures::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("coordinates", &Params::coordinates,
             one_of({"static", "paired", "dynamic", "glc_l", "parallel"}),
             "In-line coordinates, static, in pairs or dynamic; GLC-L; or parallel ones.")
      .field("heights", &Params::heights, one_of({"difference", "value", "even"}),
             "What the heights of in-line links tell: how far apart two values are (dynamic: how "
             "long a step is), at each end its value, or nothing.")
      .field("split", &Params::split, one_of({"train", "validation", "test"}), "Rows to draw.")
      .field("order", &Params::order, any(),
             "Names of the columns in the order in which they are laid; empty: the data's order.")
      .field("reversed", &Params::reversed, any(), "Columns to lay from their largest value.")
      .field("weights", &Params::weights, any(),
             "Of dynamic and glc_l, one a column laid, not 0; empty: the model's, if it is an end "
             "point, else 1. Those of glc_l are divided by the largest, if it is above 1.")
      .field("most", &Params::most, at_least(1),
             "Rows drawn in a picture; of more, evenly spaced ones.")
      .field("rules", &Params::rules, at_least(0), "Rules drawn, the first ones.")
      .field("page", &Params::page, any(),
             "Also writes glc.html, on which rules can be drawn by hand.");
}

Pictures::Pictures(const Params& params, const assay::Info& info)
    : p_(params), names_(named_after(info)) {
  for (const auto& name : p_.order) {
    column(name, "order");
    if (std::count(p_.order.begin(), p_.order.end(), name) > 1)
      throw Error(ErrorKind::kParameter, "`order` lays `" + name + "` twice");
  }
  for (const auto& name : p_.reversed) column(name, "reversed");
  const auto laid = p_.order.empty() ? names_.columns.size() : p_.order.size();
  if (!p_.weights.empty() && p_.weights.size() != laid)
    throw Error(ErrorKind::kParameter, fmt::format("`weights` has {} numbers, expected {}, one a "
                                                   "column laid",
                                                   p_.weights.size(), laid));
  if (std::find(p_.weights.begin(), p_.weights.end(), 0.0) != p_.weights.end())
    throw Error(ErrorKind::kParameter,
                "a weight of 0 would lose its column: leave it out of `order`");
}

std::size_t Pictures::column(const std::string& name, const char* field) const {
  const auto it = std::find(names_.columns.begin(), names_.columns.end(), name);
  if (it != names_.columns.end()) return static_cast<std::size_t>(it - names_.columns.begin());
  const auto near = assay::nearest(name, names_.columns);
  throw Error(ErrorKind::kParameter,
              fmt::format("`{}`: there is no column `{}`{}", field, name,
                          near.empty() ? "" : "; did you mean `" + near + "`?"));
}

std::int64_t Pictures::units(const assay::Parts& parts) const {
  const auto* model = rules_of(parts);
  const auto rules = model == nullptr ? 0 : static_cast<std::int64_t>(model->rules().rules.size());
  return 1 + std::min(p_.rules, rules) + (p_.page ? 1 : 0);
}

void Pictures::start(const assay::Parts& parts, const assay::Context& context) {
  const auto split = split_of(p_.split);
  const auto ids = parts.dataset->ids(split);
  if (ids.empty())
    throw Error(ErrorKind::kData, "the dataset has no " + p_.split + " split to draw");
  assay::Tensors inputs, targets;
  for (std::size_t from = 0; from < ids.size(); from += kBatch) {
    const auto part = ids.subspan(from, std::min(kBatch, ids.size() - from));
    const auto batch = parts.dataset->load(part, context.with(context.rng.fork(from)));
    inputs.push_back(batch.input);
    targets.push_back(batch.target);
  }
  table_ = table_of({p_.split, at::cat(inputs), at::cat(targets)},
                    static_cast<std::int64_t>(names_.classes.size()));
  view_ = {};
  view_.kind = kind_of(p_.coordinates);
  view_.heights = heights_of(p_.heights);
  view_.columns = names_.columns;
  view_.classes = names_.classes;
  view_.most = static_cast<std::size_t>(p_.most);
  lay_axes(parts);
}

void Pictures::lay_axes(const assay::Parts& parts) {
  const auto order = p_.order.empty() ? names_.columns : p_.order;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto k = column(order[i], "order");
    const auto [low, high] =
        std::minmax_element(table_.columns[k].begin(), table_.columns[k].end());
    const bool reversed =
        std::find(p_.reversed.begin(), p_.reversed.end(), order[i]) != p_.reversed.end();
    view_.axes.push_back({k, *low, *high, reversed, p_.weights.empty() ? 1 : p_.weights[i]});
  }
  const auto* line = dynamic_cast<const EndPoint*>(parts.model.get());
  const bool by_model =
      view_.adds_up() && line != nullptr && p_.weights.empty() && names_.classes.size() == 2;
  if (by_model) lay_model(*line);
  if (view_.kind != Kind::kLinear) return;
  // The largest weight of a model lies flat, as in GLC-L; those that are given may all be steeper.
  double most = by_model && !view_.axes.empty() ? 0 : 1;
  for (const auto& axis : view_.axes) most = std::max(most, std::abs(axis.weight));
  for (auto& axis : view_.axes) axis.weight /= most;
  view_.unit = most;
  if (view_.cut) *view_.cut /= most;
}

// An end point's weights are of the columns as they are; the axes' are of u. Its cut is drawn where
// all that it adds up is laid.
void Pictures::lay_model(const EndPoint& line) {
  const auto weights = line.direction();
  const auto used = std::count_if(weights.begin(), weights.end(), [](double w) { return w != 0; });
  std::erase_if(view_.axes, [&](const Axis& axis) { return weights[axis.column] == 0; });
  for (auto& axis : view_.axes) {
    axis.reversed = false;
    axis.weight = weights[axis.column] * (axis.high > axis.low ? axis.high - axis.low : 1);
    view_.origin += weights[axis.column] * axis.low;
  }
  if (std::ssize(view_.axes) == used) view_.cut = line.cut_at() - view_.origin;
}

void Pictures::write(const std::string& name, const Picture& picture,
                     assay::Results& results) const {
  results.document(name + ".svg", svg(picture.width, picture.height, picture.draw));
  results.document(name + ".png", png(picture.width, picture.height, picture.draw));
}

void Pictures::advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
                       assay::Results& results) {
  if (table_.rows() == 0) start(parts, context);
  const auto rows = every(table_);
  const auto* model = rules_of(parts);
  if (unit == 0) {
    results.metric(p_.split + "/rows", static_cast<double>(table_.rows()));
    write("all", picture_of(view_, table_, rows, fmt::format("{}: {} rows", p_.split, rows.size())),
          results);
  } else if (p_.page && unit + 1 == units(parts)) {
    results.document("glc.html",
                     page(table_, model == nullptr ? names_ : model->rules(), p_.split));
  } else {
    const auto all = model->rules();
    const auto at = static_cast<std::size_t>(unit - 1);
    // What the rules before it hold is no longer asked of this one.
    Rows left;
    for (const auto row : rows)
      if (std::none_of(all.rules.begin(), all.rules.begin() + static_cast<std::ptrdiff_t>(at),
                       [&](const Rule& rule) { return table_.holds(rule.box, row); }))
        left.push_back(row);
    write(fmt::format("rule-{:03}", unit),
          picture_of(view_, table_, left, all.rules[at], title_of(all, at, table_, left, p_.split)),
          results);
  }
}

}  // namespace glc
