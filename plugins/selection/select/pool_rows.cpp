#include "selection/select/pool_rows.h"

#include <ATen/ops/cat.h>
#include <torch/nn/functional/loss.h>

#include "selection/shared/places.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
namespace F = torch::nn::functional;

namespace {

assay::Output answers(const assay::Batch& batch, assay::Model& model) {
  const torch::NoGradGuard no_grad;
  const assay::EvalMode mode(model);
  return model.forward(batch);
}

assay::Batch first_of(const assay::Batch& batch) {
  return batch.map([](const auto& part) { return part.narrow(0, 0, 1); });
}

torch::Tensor features_of(const assay::Output& output) {
  if (!output.features.defined())
    throw Error(
        ErrorKind::kParameter,
        "the selector needs features, but the model returns none: use a model that does, such "
        "as mlp, convnet or resnet");
  return output.features.flatten(1);
}

// [B, w], on the CPU, if every number is one.
torch::Tensor checked(const torch::Tensor& rows, const torch::Tensor& id, const char* what) {
  const auto finite = rows.isfinite().flatten(1).all(1);
  if (!finite.all().item<bool>()) {
    const auto first = id.masked_select(finite.logical_not())[0].item<std::int64_t>();
    throw Error(ErrorKind::kNumeric, std::string("the ") + what + " of sample " +
                                         std::to_string(first) +
                                         " are not finite: the model has diverged, or the sample "
                                         "is far from its training data");
  }
  return rows.cpu();
}

// Of each sample by its id, whatever batch it comes in.
torch::Tensor drawn_labels(const torch::Tensor& id, std::int64_t classes, const assay::Rng& rng) {
  std::vector<std::int64_t> labels;
  for (const auto k : places_in(id)) {
    const auto u = rng.uniform(static_cast<std::uint64_t>(k));
    labels.push_back(static_cast<std::int64_t>(u * static_cast<double>(classes)));
  }
  return tensor_of(labels);
}

}  // namespace

void PoolRows::add(std::span<const std::int64_t> ids, const std::string& prefix,
                   const assay::Selector::Needs& needs, assay::Parts& parts,
                   const assay::Context& context) {
  std::map<std::string, assay::Tensors> found;
  assay::for_pieces(ids, p_.batch, [&](std::size_t, std::span<const std::int64_t> part) {
    const auto here =
        context.with(context.rng.fork("look").fork(static_cast<std::uint64_t>(part[0])));
    const auto batch = assay::to_device(parts.dataset->load(part, here), context.device);
    const auto add = [&](const char* name, const torch::Tensor& rows) {
      found[name].push_back(checked(rows, batch.id, name));
    };
    if (needs.label) found["label"].push_back(batch.target.cpu());
    const bool of_features = p_.gradient == "features";
    if (needs.gradients && !of_features)
      add("gradients", gradients(batch, needs, *parts.model, context));
    if (!needs.features && !needs.logits && !(needs.gradients && of_features)) return;
    const auto output = answers(batch, *parts.model);
    if (needs.logits) add("logits", output.logits);
    if (needs.features) add("features", features_of(output));
    if (needs.gradients && of_features) add("gradients", sketched(features_of(output), context));
  });
  for (auto& [name, rows] : found) {
    if (const auto it = rows_.find(prefix + name); it != rows_.end())
      rows.insert(rows.begin(), it->second);
    rows_[prefix + name] = at::cat(rows);
  }
}

assay::Pool PoolRows::pool(std::int64_t size) const {
  assay::Pool pool;
  pool.size = size;
  pool.classes = info_.classes;
  for (const auto& [name, tensor] : {std::pair{"label", &pool.label},
                                     {"features", &pool.features},
                                     {"logits", &pool.logits},
                                     {"gradients", &pool.gradients},
                                     {"validation.label", &pool.validation.label},
                                     {"validation.features", &pool.validation.features},
                                     {"validation.logits", &pool.validation.logits}})
    if (const auto it = rows_.find(name); it != rows_.end()) *tensor = it->second;
  return pool;
}

void PoolRows::check_width(std::int64_t width) const {
  if (p_.width > width)
    throw Error(ErrorKind::kParameter, "`width` is " + std::to_string(p_.width) +
                                           ", but a gradient has only " + std::to_string(width) +
                                           " elements; a sketch must not be wider than that");
}

// One matrix for all batches: else their gradients could not be compared.
std::unique_ptr<Sketch> PoolRows::sketch(const assay::Context& context) const {
  return sketch_of(p_.sketch, p_.width, context.rng.fork("sketch"));
}

torch::Tensor PoolRows::sketched(const torch::Tensor& features,
                                 const assay::Context& context) const {
  check_width(features.size(1));
  auto out = at::zeros({features.size(0), p_.width}, features.options());
  sketch(context)->add(features, 0, out);
  return out;
}

torch::Tensor PoolRows::labels(const assay::Batch& batch, const torch::Tensor& logits, bool own,
                               const assay::Rng& rng) const {
  const auto chosen = p_.labels != "selector" ? p_.labels : own ? "true" : "random";
  if (chosen == "true") return batch.target;
  if (chosen == "predicted") return logits.detach().argmax(1);
  return drawn_labels(batch.id, info_.classes, rng.fork("labels")).to(batch.target.device());
}

torch::Tensor PoolRows::gradients(const assay::Batch& batch, const assay::Selector::Needs& needs,
                                  assay::Model& model, const assay::Context& context) {
  if (per_sample_ == nullptr) {
    per_sample_ = std::make_unique<PerSample>(model, assay::last_layers(model, p_.layers),
                                              first_of(batch), p_.fall_back);
    check_width(per_sample_->width());
  }
  const PerSample::Losses losses = [&](const torch::Tensor& logits) {
    if (info_.classes == 0) return (logits - batch.target).square().flatten(1).mean(1);
    return F::cross_entropy(logits, labels(batch, logits, needs.true_labels, context.rng),
                            F::CrossEntropyFuncOptions().reduction(torch::kNone));
  };
  return per_sample_->sketched(batch, losses, *sketch(context), p_.width);
}

}  // namespace selection
