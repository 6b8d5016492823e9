#include "selection/select/select.h"

#include <algorithm>
#include <numeric>

#include "selection/select/checks.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

namespace {

constexpr std::int64_t kBatches = 16;  // of a unit

assay::Selector& selector_of(const assay::Parts& parts) {
  return *parts.other<assay::Selector>();
}

}  // namespace

assay::Schema<Select::Params> Select::schema() {
  using namespace assay;
  return Schema<Params>()
      .required("n", &Params::n, at_least(1),
                "Number of samples to select from the training split.")
      .field("batch", &Params::batch, at_least(1), "Samples per forward pass.")
      .field("gradient", &Params::gradient, one_of({"loss", "features"}),
             "Vector that represents a sample if the selector uses gradients: the gradient of its "
             "loss "
             "or, as for a linear model on frozen features, its features.")
      .field("sketch", &Params::sketch,
             one_of({"gaussian", "sparse_sign", "count", "hadamard", "kronecker"}),
             "Random projection that compresses the gradient of each sample.")
      .field("width", &Params::width, at_least(1),
             "Width of the sketch: number of elements of a compressed gradient.")
      .field(
          "layers", &Params::layers, at_least(0),
          "Number of layers, counted from the end, whose gradients are used; 0: all trained ones.")
      .field(
          "labels", &Params::labels, one_of({"selector", "random", "true", "predicted"}),
          "Labels of the loss for gradients: random classes, so that no true label is used; the "
          "true "
          "labels; the model's predictions; or the definition of the selector (selector), which is "
          "the true labels for grand, craig and grad_match, and random classes otherwise.")
      .field(
          "fall_back", &Params::fall_back, any(),
          "Uses one backward pass per sample for parameters whose operator has no per-sample rule, "
          "instead of refusing the model.");
}

Select::Select(const Params& params, const assay::Info& info)
    : p_(params), info_(info), rows_(params, info) {
  const auto size =
      std::accumulate(info.group_sizes.begin(), info.group_sizes.end(), std::int64_t{0});
  if (size > 0 && p_.n > size)
    throw Error(ErrorKind::kParameter, "`n` is " + std::to_string(p_.n) +
                                           ", but the training split has only " +
                                           std::to_string(size) + " samples");
}

// The number of units that collect the rows of the pool.
std::int64_t Select::collecting_units(const assay::Parts& parts) const {
  const auto needs = selector_of(parts).needs();
  if (!needs.features && !needs.logits && !needs.gradients && !needs.label) return 0;
  const auto size = std::ssize(parts.dataset->ids(Split::kTrain));
  return (size + kBatches * p_.batch - 1) / (kBatches * p_.batch);
}

// A selector may take a step a sample, or a class.
std::int64_t Select::units(const assay::Parts& parts) const {
  return collecting_units(parts) + std::max(p_.n, info_.classes);
}

void Select::advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
                     assay::Results& results) {
  const auto before = collecting_units(parts);
  const auto needs = selector_of(parts).needs();
  if (unit == 0) check_needs(needs, parts, info_);
  if (unit < before) return collect(unit, parts, context);
  auto pool = rows_.pool(std::ssize(parts.dataset->ids(Split::kTrain)));
  if (needs.forgotten) pool.forgotten = forgotten(parts);
  if (needs.every_class && unit == before) check_classes(pool.label, info_);
  const auto choice =
      selector_of(parts).step(unit - before, pool, p_.n, context.with(context.rng.fork("select")));
  if (choice) return write(*choice, parts, results);
  if (unit + 1 == units(parts))
    throw Error(ErrorKind::kPlugin,
                "the selector has not finished after " + std::to_string(unit + 1 - before) +
                    " steps; at most one per sample or one per class is allowed");
}

void Select::collect(std::int64_t unit, assay::Parts& parts, const assay::Context& context) {
  const auto needs = selector_of(parts).needs();
  const auto ids = parts.dataset->ids(Split::kTrain);
  const auto size = kBatches * p_.batch, first = unit * size;
  const auto count = std::min(size, std::ssize(ids) - first);
  rows_.add(ids.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), "",
            needs, parts, context);
  if (unit == 0 && needs.validation)
    rows_.add(parts.dataset->ids(Split::kValidation), "validation.",
              {.label = true, .features = true, .logits = true}, parts, context);
}

void Select::write(const assay::Selector::Choice& choice, const assay::Parts& parts,
                   assay::Results& results) {
  const auto all = parts.dataset->ids(Split::kTrain);
  std::vector<std::int64_t> ids;
  for (const auto place : choice.places) ids.push_back(all[static_cast<std::size_t>(place)]);
  assay::TensorMap artifact{{"ids", torch::tensor(ids, torch::kInt64)}};
  if (!choice.weights.empty()) artifact["weights"] = torch::tensor(choice.weights, torch::kDouble);
  results.artifact("ids", artifact);
  results.metric("select/size", static_cast<double>(ids.size()));
  rows_.all().clear();  // no checkpoint needs them any more
  finished_ = true;
}

void Select::save(assay::State& state) const {
  state.tensors = rows_.all();
  state.scalars["finished"] = finished_;
}

void Select::load(const assay::State& state) {
  for (const auto& [name, rows] : state.tensors) rows_.all()[name] = rows.cpu();
  finished_ = state.scalar<bool>("finished");
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Select>("select",
                                  "Selects samples of the training split for a later stage.");
}
