#include "select.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/cat.h>
#include <torch/nn/functional/loss.h>

#include "assay/layers.h"
#include "methods/scores.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
using assay::Split;
namespace F = torch::nn::functional;

namespace {

constexpr std::int64_t kBatches = 16;  // of a unit

assay::Selector& selector_of(const assay::Parts& parts) {
  return *parts.other<assay::Selector>();
}

std::vector<std::int64_t> row_of(const assay::TensorMap& artifact, const std::string& name) {
  const auto it = artifact.find(name);
  if (it == artifact.end() || it->second.scalar_type() != torch::kInt64)
    throw Error(ErrorKind::kData, "the artifact `forgetting` needs int64 numbers `" + name + "`");
  return places_in(it->second);
}

// How often the pool's samples were forgotten in a stage before.
torch::Tensor forgotten(const assay::Parts& parts) {
  const auto stages = parts.inputs ? parts.inputs->with("forgetting") : assay::Strings();
  if (stages.size() != 1)
    throw Error(ErrorKind::kParameter,
                "the selector goes by one training before this stage that counted forgetting, and "
                "there are " +
                    std::to_string(stages.size()) +
                    ": name one stage of `{use: train, count_forgetting: true}` in `after:`");
  const auto counted = parts.inputs->artifact(stages[0], "forgetting");
  const auto ids = row_of(counted, "ids"), times = row_of(counted, "forgotten");
  if (ids.size() != times.size())
    throw Error(ErrorKind::kData, "the artifact `forgetting` needs a number for each of its ids");
  std::vector<std::int64_t> found;
  for (const auto id : parts.dataset->ids(Split::kTrain)) {
    const auto it = std::lower_bound(ids.begin(), ids.end(), id);
    if (it == ids.end() || *it != id)
      throw Error(ErrorKind::kData, "stage `" + stages[0] + "` was not trained on sample " +
                                        std::to_string(id) + ", which is to be chosen from");
    found.push_back(times[static_cast<std::size_t>(it - ids.begin())]);
  }
  return torch::tensor(found, torch::kInt64);
}

std::string name_of(const assay::Info& info, std::int64_t c) {
  const auto place = static_cast<std::size_t>(c);
  return place < info.class_names.size() ? " (`" + info.class_names[place] + "`)" : "";
}

void check_classes(const torch::Tensor& label, const assay::Info& info) {
  const auto sizes = label.bincount({}, info.classes).contiguous();
  for (std::int64_t c = 0; c < info.classes; ++c)
    if (sizes.const_data_ptr<std::int64_t>()[c] == 0)
      throw Error(ErrorKind::kParameter,
                  "the selector goes by classes, and class " + std::to_string(c) +
                      name_of(info, c) +
                      " has no sample in the training split: take a larger part of the dataset, "
                      "leave the class out by `class_subset`, or use a selector without labels");
}

bool looks_at_model(const assay::Selector::Needs& needs) {
  return needs.features || needs.logits || needs.gradients;
}

assay::Output answers(const torch::Tensor& input, assay::Model& model) {
  const torch::NoGradGuard no_grad;
  const assay::EvalMode mode(model);
  return model.forward(input);
}

torch::Tensor features_of(const assay::Output& output) {
  if (!output.features.defined())
    throw Error(ErrorKind::kPlugin, "the model gives no features, which the selector needs");
  return output.features.flatten(1);
}

}  // namespace

assay::Schema<Select::Params> Select::schema() {
  using namespace assay;
  return Schema<Params>()
      .required("n", &Params::n, at_least(1), "Samples of the training split to select.")
      .field("batch", &Params::batch, at_least(1), "Samples a forward pass.")
      .field(
          "gradient", &Params::gradient, one_of({"loss", "features"}),
          "What stands for a sample where the selector asks for gradients: its loss's, or, as for "
          "a linear model on features that stay as they are, its features.")
      .field("sketch", &Params::sketch,
             one_of({"gaussian", "sparse_sign", "count", "hadamard", "kronecker"}),
             "Random map of each sample's gradient.")
      .field("width", &Params::width, at_least(1), "Numbers that are left of a gradient.")
      .field("layers", &Params::layers, at_least(0),
             "Last layers whose parameters the gradient is of; 0: all that are trained.")
      .field("labels", &Params::labels, one_of({"random", "true", "predicted"}),
             "Classes that the gradients' loss is for: drawn evenly, so that no label is looked "
             "at; the samples' own; or the model's answers.")
      .field("fall_back", &Params::fall_back, any(),
             "Takes one backward pass a sample for parameters that go through an operator without "
             "a rule, instead of refusing the model.");
}

Select::Select(const Params& params, const assay::Info& info) : p_(params), info_(info) {
  const auto size =
      std::accumulate(info.group_sizes.begin(), info.group_sizes.end(), std::int64_t{0});
  if (size > 0 && p_.n > size)
    throw Error(ErrorKind::kParameter, "`n` is " + std::to_string(p_.n) +
                                           ", and the training split has " + std::to_string(size) +
                                           " samples");
}

// Units in which the pool is looked at.
std::int64_t Select::looks(const assay::Parts& parts) const {
  const auto needs = selector_of(parts).needs();
  if (!looks_at_model(needs) && !needs.label) return 0;
  const auto size = static_cast<std::int64_t>(parts.dataset->ids(Split::kTrain).size());
  return (size + kBatches * p_.batch - 1) / (kBatches * p_.batch);
}

std::int64_t Select::units(const assay::Parts& parts) const {
  const auto size = static_cast<std::int64_t>(parts.dataset->ids(Split::kTrain).size());
  return looks(parts) + std::min(p_.n, size);  // a selector may take a step a sample
}

void Select::advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
                     assay::Results& results) {
  const auto before = looks(parts);
  if (unit < before) return look(unit, parts, context);
  const auto ids = parts.dataset->ids(Split::kTrain);
  assay::Pool pool;
  pool.size = std::ssize(ids);
  pool.classes = info_.classes;
  for (const auto& [name, tensor] : {std::pair{"label", &pool.label},
                                     {"features", &pool.features},
                                     {"logits", &pool.logits},
                                     {"gradients", &pool.gradients},
                                     {"validation.label", &pool.validation.label},
                                     {"validation.features", &pool.validation.features},
                                     {"validation.logits", &pool.validation.logits}})
    if (const auto it = rows_.find(name); it != rows_.end()) *tensor = it->second;
  if (selector_of(parts).needs().forgotten) pool.forgotten = forgotten(parts);
  if (unit == before && pool.label.defined()) check_classes(pool.label, info_);
  const auto choice =
      selector_of(parts).step(unit - before, pool, p_.n, context.with(context.rng.fork("select")));
  if (choice) write(*choice, parts, results);
}

void Select::look(std::int64_t unit, assay::Parts& parts, const assay::Context& context) {
  const auto needs = selector_of(parts).needs();
  if (looks_at_model(needs) && parts.model == nullptr)
    throw Error(ErrorKind::kParameter,
                "the selector looks at what a model makes of the samples: "
                "add `model:` to the manifest");
  if ((needs.label || needs.logits) && info_.classes == 0)
    throw Error(ErrorKind::kParameter,
                "the selector goes by classes, and the dataset has real targets: use one that goes "
                "by features or gradients, such as skmm or k_centre");
  const auto ids = parts.dataset->ids(Split::kTrain);
  const auto size = kBatches * p_.batch, first = unit * size;
  const auto count = std::min(size, static_cast<std::int64_t>(ids.size()) - first);
  look_at(ids.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), "", needs,
          parts, context);
  if (unit > 0 || !needs.validation) return;
  const auto others = parts.dataset->ids(Split::kValidation);
  if (others.empty())
    throw Error(ErrorKind::kData,
                "the selector goes by the validation split, which the dataset has "
                "not got");
  look_at(others, "validation.", {.label = true, .features = true, .logits = true}, parts, context);
}

// Adds what the model makes of these samples to the rows of each name after `prefix`.
void Select::look_at(std::span<const std::int64_t> ids, const std::string& prefix,
                     const assay::Selector::Needs& needs, assay::Parts& parts,
                     const assay::Context& context) {
  std::map<std::string, assay::Tensors> found;
  for (std::size_t start = 0; start < ids.size(); start += static_cast<std::size_t>(p_.batch)) {
    const auto part =
        ids.subspan(start, std::min(static_cast<std::size_t>(p_.batch), ids.size() - start));
    const auto here =
        context.with(context.rng.fork("look").fork(static_cast<std::uint64_t>(part[0])));
    const auto batch = assay::to_device(parts.dataset->load(part, here), context.device);
    if (needs.label) found["label"].push_back(batch.target.cpu());
    const bool of_features = p_.gradient == "features";
    if (needs.gradients && !of_features)
      found["gradients"].push_back(gradients(batch, *parts.model, context));
    if (!needs.features && !needs.logits && !(needs.gradients && of_features)) continue;
    const auto output = answers(batch.input, *parts.model);
    if (needs.logits) found["logits"].push_back(output.logits.cpu());
    if (needs.features) found["features"].push_back(features_of(output).cpu());
    if (needs.gradients && of_features)
      found["gradients"].push_back(sketched(features_of(output), context));
  }
  for (auto& [name, rows] : found) {
    if (const auto it = rows_.find(prefix + name); it != rows_.end())
      rows.insert(rows.begin(), it->second);
    rows_[prefix + name] = at::cat(rows);
  }
}

// Of each sample by its id, whatever batch it comes in.
torch::Tensor Select::drawn_labels(const torch::Tensor& id, const assay::Rng& rng) const {
  std::vector<std::int64_t> labels;
  const auto ids = id.cpu().contiguous();
  for (std::int64_t k = 0; k < ids.numel(); ++k) {
    const auto u = rng.uniform(static_cast<std::uint64_t>(ids.const_data_ptr<std::int64_t>()[k]));
    labels.push_back(static_cast<std::int64_t>(u * static_cast<double>(info_.classes)));
  }
  return torch::tensor(labels, torch::kInt64);
}

void Select::check_width(std::int64_t width) const {
  if (p_.width > width)
    throw Error(ErrorKind::kParameter, "`width` is " + std::to_string(p_.width) +
                                           ", and a gradient has " + std::to_string(width) +
                                           " numbers: a sketch must be no wider");
}

// One matrix for all batches: else their gradients could not be compared.
std::unique_ptr<Sketch> Select::sketch(const assay::Context& context) const {
  return sketch_of(p_.sketch, p_.width, context.rng.fork("sketch"));
}

torch::Tensor Select::sketched(const torch::Tensor& features, const assay::Context& context) const {
  check_width(features.size(1));
  auto out = at::zeros({features.size(0), p_.width}, features.options());
  sketch(context)->add(features, 0, out);
  return out.cpu();
}

torch::Tensor Select::gradients(const assay::Batch& batch, assay::Model& model,
                                const assay::Context& context) {
  if (per_sample_ == nullptr) {
    per_sample_ = std::make_unique<PerSample>(model, assay::last_layers(model, p_.layers),
                                              batch.input.narrow(0, 0, 1), p_.fall_back);
    check_width(per_sample_->width());
  }
  const PerSample::Losses losses = [&](const torch::Tensor& logits) {
    if (info_.classes == 0) return (logits - batch.target).square().flatten(1).mean(1);
    const auto label =
        p_.labels == "true" ? batch.target
        : p_.labels == "predicted"
            ? logits.detach().argmax(1)
            : drawn_labels(batch.id, context.rng.fork("labels")).to(batch.target.device());
    return F::cross_entropy(logits, label, F::CrossEntropyFuncOptions().reduction(torch::kNone));
  };
  return per_sample_->sketched(batch.input, losses, *sketch(context), p_.width).cpu();
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
  finished_ = true;
}

void Select::save(assay::State& state) const {
  state.tensors = rows_;
  state.scalars["finished"] = finished_;
}

void Select::load(const assay::State& state) {
  rows_ = state.tensors;
  finished_ = state.scalar<bool>("finished");
}

}  // namespace selection
