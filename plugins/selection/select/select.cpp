#include "selection/select/select.h"

#include <algorithm>
#include <numeric>

#include "selection/select/checks.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

namespace {

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

Select::Select(const Params& params, const assay::Info& info) : p_(params), info_(info) {
  const auto size =
      std::accumulate(info.group_sizes.begin(), info.group_sizes.end(), std::int64_t{0});
  if (size > 0 && p_.n > size)
    throw Error(ErrorKind::kParameter, "`n` is " + std::to_string(p_.n) +
                                           ", but the training split has only " +
                                           std::to_string(size) + " samples");
}

// A unit is a batch.
std::int64_t Select::prediction_units(const assay::Parts& parts) const {
  const auto needs = selector_of(parts).needs();
  const auto batches = [&](Split split) {
    return (std::ssize(parts.dataset->ids(split)) + p_.batch - 1) / p_.batch;
  };
  if (!needs_model(needs)) return 0;
  return batches(Split::kTrain) + (needs.validation ? batches(Split::kValidation) : 0);
}

// A selector may take one step per sample, or per class.
std::int64_t Select::units(const assay::Parts& parts) const {
  return prediction_units(parts) + std::max(p_.n, info_.classes);
}

void Select::advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
                     assay::Results& results) {
  const auto before = prediction_units(parts);
  if (loops_.empty() && !pool_) start(unit, parts, context);
  if (unit < before) return predict_unit(unit, parts, context);
  if (!pool_) pool_ = pool_of(parts);
  const auto choice = selector_of(parts).step(unit - before, *pool_, p_.n,
                                              context.with(context.rng.fork("select")));
  if (choice) return write(*choice, parts, results);
  if (unit + 1 == units(parts))
    throw Error(ErrorKind::kPlugin,
                "the selector has not finished after " + std::to_string(unit + 1 - before) +
                    " steps; at most one per sample or one per class is allowed");
}

void Select::start(std::int64_t unit, const assay::Parts& parts, const assay::Context& context) {
  const auto needs = selector_of(parts).needs();
  check_needs(needs, parts, info_);
  const auto loaded = std::exchange(loaded_, {});
  if (!needs_model(needs)) return;
  const auto add = [&](const assay::Selector::Needs& own, Split split) {
    auto predictor = std::make_shared<PoolPredictor>(p_, info_, own, context.rng);
    loops_.emplace_back(
        predictor, parts.dataset, split, p_.batch,
        assay::Keeps{.features = own.features, .logits = own.logits, .answers = false});
    return predictor;
  };
  predictor_ = add(needs, Split::kTrain);
  if (needs.validation) add({.features = true, .logits = true}, Split::kValidation);
  for (std::size_t i = 0; unit > 0 && i < loops_.size(); ++i)
    loops_[i].load(loaded.value().nested("split" + std::to_string(i)));
}

void Select::predict_unit(std::int64_t unit, assay::Parts& parts, const assay::Context& context) {
  for (auto& loop : loops_) {
    if (unit < loop.units()) return loop.advance(unit, parts, context);
    unit -= loop.units();
  }
}

assay::Pool Select::pool_of(const assay::Parts& parts) const {
  const auto needs = selector_of(parts).needs();
  assay::Pool pool;
  pool.size = std::ssize(parts.dataset->ids(Split::kTrain));
  pool.classes = info_.classes;
  if (needs.forgotten) pool.forgotten = forgotten(parts);
  if (loops_.empty()) {
    if (needs.label) pool.label = parts.dataset->targets(Split::kTrain);
  } else {
    const auto found = loops_[0].finish();
    pool.features = found.features;
    pool.logits = found.logits;
    pool.gradients = predictor_->gradients();
    pool.norms = predictor_->norms();
    if (needs.label) pool.label = found.target;
  }
  if (needs.validation) {
    const auto found = loops_[1].finish();
    pool.validation = {found.target, found.features, found.logits};
  }
  if (needs.every_class) check_classes(pool.label, info_);
  return pool;
}

void Select::write(const assay::Selector::Choice& choice, const assay::Parts& parts,
                   assay::Results& results) {
  const auto all = parts.dataset->ids(Split::kTrain);
  check_choice(choice, std::ssize(all));
  std::vector<std::int64_t> ids;
  for (const auto place : choice.places) ids.push_back(all[static_cast<std::size_t>(place)]);
  assay::TensorMap artifact{{"ids", torch::tensor(ids, torch::kInt64)}};
  if (!choice.weights.empty()) artifact["weights"] = torch::tensor(choice.weights, torch::kDouble);
  results.artifact("ids", artifact);
  results.metric("select/size", static_cast<double>(ids.size()));
  loops_.clear();  // no checkpoint needs them any more
  finished_ = true;
}

void Select::save(assay::State& state) const {
  if (loaded_) {  // stopped before a unit
    state = *loaded_;
    return;
  }
  for (std::size_t i = 0; i < loops_.size(); ++i)
    state.put_nested("split" + std::to_string(i), loops_[i]);
  state.put("finished", finished_);
}

void Select::load(const assay::State& state) {
  loaded_ = state;
  finished_ = state.scalar<bool>("finished");
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Select>("select",
                                  "Selects samples of the training split for a later stage.");
}
