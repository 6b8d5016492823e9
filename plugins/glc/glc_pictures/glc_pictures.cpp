#include "glc/glc_pictures/glc_pictures.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/cat.h>
#include <fmt/core.h>

#include "assay/sdk/training.h"
#include "glc/glc_pictures/description.h"
#include "glc/glc_pictures/draw/axis_layout.h"
#include "glc/glc_pictures/page/page.h"
#include "glc/shared/models/samples.h"

namespace glc {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

namespace {

constexpr std::size_t kBatch = 4096;
constexpr double kSteep = 0.5;  // GLC-L's steps at 60 degrees, where no weights are given

Rows every(const Table& table) {
  Rows rows(table.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

assay::Samples samples_of(const assay::Dataset& dataset, const std::string& name,
                          const assay::Context& context) {
  const auto ids = dataset.ids(assay::split_of(name));
  if (ids.empty()) throw Error(ErrorKind::kData, "the dataset has no " + name + " split to draw");
  assay::Tensors inputs, targets;
  assay::for_pieces(ids, kBatch, [&](std::size_t from, std::span<const std::int64_t> part) {
    const auto batch = dataset.load(part, context.with(context.rng.fork(from)));
    inputs.push_back(batch.input);
    targets.push_back(batch.target);
  });
  return {name, at::cat(inputs), at::cat(targets)};
}

// So that pictures of the training split and of others have the same axes, and room for all.
void take_in(const Table& table, std::vector<Interval>& ranges) {
  ranges.resize(table.columns.size(), {kInfinity, -kInfinity});
  for (std::size_t k = 0; k < ranges.size(); ++k)
    for (const double x : table.columns[k])
      ranges[k] = {std::min(ranges[k].lower, x), std::max(ranges[k].upper, x)};
}

}  // namespace

assay::Schema<Pictures::Params> Pictures::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("coordinates", &Params::coordinates,
             one_of({"static", "paired", "dynamic", "glc_l", "parallel"}),
             "Type of coordinates: in-line (static, paired or dynamic), GLC-L, or parallel.")
      .field("heights", &Params::heights, one_of({"difference", "value", "even"}),
             "Meaning of the height of in-line links: the difference of two values (dynamic: the "
             "length of a step), the value at each end, or none.")
      .field("split", &Params::split, one_of({"train", "validation", "test"}),
             "Split whose rows are drawn.")
      .field("order", &Params::order, any(),
             "Names of the columns in the order in which they are drawn; empty: the order of the "
             "data.")
      .field("reversed", &Params::reversed, any(),
             "Columns to draw in reverse, from their largest value.")
      .field("weights", &Params::weights, any(),
             "Weights for dynamic and glc_l, one per drawn column, not 0; empty: those of the "
             "model if it is an end point of two classes, else 1, or 0.5 for glc_l, whose weights "
             "are cosines and are divided by the largest if that is above 1.")
      .field("most", &Params::most, at_least(1),
             "Largest number of rows per picture; of more rows, evenly spaced ones are drawn.")
      .field("rules", &Params::rules, at_least(0), "Number of rules to draw, from the first.")
      .field("page", &Params::page, any(),
             "Also writes glc.html, a page on which rules can be drawn by hand.");
}

Pictures::Pictures(const Params& params, const assay::Info& info)
    : p_(params), names_(named_after(info)) {
  for (const auto& name : p_.order) {
    column(name, "order");
    if (std::count(p_.order.begin(), p_.order.end(), name) > 1)
      throw Error(ErrorKind::kParameter, "`order` names `" + name + "` twice");
  }
  for (const auto& name : p_.reversed) column(name, "reversed");
  const auto laid = p_.order.empty() ? names_.columns.size() : p_.order.size();
  if (!p_.weights.empty() && p_.weights.size() != laid)
    throw Error(ErrorKind::kParameter, fmt::format("`weights` has {} numbers, expected {}, one per "
                                                   "drawn column",
                                                   p_.weights.size(), laid));
  if (std::find(p_.weights.begin(), p_.weights.end(), 0.0) != p_.weights.end())
    throw Error(ErrorKind::kParameter,
                "a weight of 0 would hide its column: leave the column out of `order`");
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
  const auto rules = std::ssize(read_description(parts.model.get(), names_).rules.rules);
  return 1 + std::min(p_.rules, rules) + (p_.page ? 1 : 0);
}

void Pictures::start(const assay::Parts& parts, const assay::Context& context) {
  const auto classes = static_cast<std::int64_t>(names_.classes.size());
  table_ = table_of(samples_of(*parts.dataset, p_.split, context), classes);
  take_in(table_, ranges_);
  if (p_.split != "train")
    take_in(table_of(samples_of(*parts.dataset, "train", context), classes), ranges_);
  view_ = {};
  view_.kind = kind_of(p_.coordinates);
  view_.heights = heights_of(p_.heights);
  view_.columns = names_.columns;
  view_.classes = names_.classes;
  view_.most = static_cast<std::size_t>(p_.most);
  lay(parts);
}

void Pictures::lay(const assay::Parts& parts) {
  std::vector<std::size_t> order;
  for (const auto& name : p_.order.empty() ? names_.columns : p_.order)
    order.push_back(column(name, "order"));
  std::vector<bool> reversed(names_.columns.size());
  for (const auto& name : p_.reversed) reversed[column(name, "reversed")] = true;
  view_.axes =
      axes_of(ranges_, order, reversed, p_.weights, view_.kind == Kind::kLinear ? kSteep : 1);
  const auto line = read_description(parts.model.get(), names_).line;
  const bool by_model = view_.adds_up() && line && p_.weights.empty();
  if (by_model) lay_sum(view_, line->weights, line->cut);
  if (view_.kind == Kind::kLinear) lay_flat(view_, by_model);
}

void Pictures::write(const std::string& name, const Picture& picture,
                     assay::Results& results) const {
  results.document(name + ".svg", assay::draw_svg(picture.width, picture.height, picture.draw));
  results.document(name + ".png", assay::draw_png(picture.width, picture.height, picture.draw));
}

void Pictures::advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
                       assay::Results& results) {
  if (table_.rows() == 0) start(parts, context);
  const auto rows = every(table_);
  const auto all = read_description(parts.model.get(), names_).rules;
  if (unit == 0) {
    results.metric(p_.split + "/rows", static_cast<double>(table_.rows()));
    write("all", picture_of(view_, table_, rows, fmt::format("{}: {} rows", p_.split, rows.size())),
          results);
  } else if (p_.page && unit + 1 == units(parts)) {
    const auto ids = parts.dataset->ids(assay::split_of(p_.split));
    results.document("glc.html", page(table_, all, p_.split, ranges_, {ids.begin(), ids.end()}));
  } else {
    const auto at = static_cast<std::size_t>(unit - 1);
    // A row belongs to the first rule that covers it.
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

ASSAY_PLUGIN(registry) {
  registry.add<glc::Pictures>(
      "glc_pictures", "Draws all rows and each rule of a model in general line coordinates.");
}
