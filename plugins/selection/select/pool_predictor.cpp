#include "selection/select/pool_predictor.h"

#include <ATen/ops/cat.h>
#include <torch/nn/functional/loss.h>

#include "selection/shared/places.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;
namespace F = torch::nn::functional;

namespace {

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

// `rows`, if every number of each sample is finite.
torch::Tensor checked(const torch::Tensor& rows, const torch::Tensor& id, const char* what) {
  const auto finite = rows.isfinite().view({rows.size(0), -1}).all(1).to(id.device());
  if (finite.all().item<bool>()) return rows;
  const auto first = id.masked_select(finite.logical_not())[0].item<std::int64_t>();
  throw Error(ErrorKind::kNumeric, std::string("the ") + what + " of sample " +
                                       std::to_string(first) +
                                       " are not finite: the model has diverged, or the sample "
                                       "is far from its training data");
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

assay::Predictions PoolPredictor::predict(assay::Model& model, const assay::Batch& batch,
                                          const assay::Context&) {
  const bool measures = needs_.gradients || needs_.norms;
  const bool of_features = measures && p_.gradient == "features";
  if (measures && !of_features) measure(model, batch);
  if (!needs_.features && !needs_.logits && !of_features) return {};
  const torch::NoGradGuard no_grad;
  const auto output = model.forward(batch);
  assay::Predictions found;
  if (needs_.logits) found.logits = checked(output.logits, batch.id, "logits");
  if (needs_.features) found.features = checked(features_of(output), batch.id, "features");
  if (of_features) measure_features(features_of(output), batch);
  return found;
}

void PoolPredictor::measure(assay::Model& model, const assay::Batch& batch) {
  auto& gradients = per_sample(model, batch);
  const PerSample::Losses losses = [&](const torch::Tensor& logits) {
    if (info_.classes == 0) return (logits - batch.target).square().flatten(1).mean(1);
    return F::cross_entropy(logits, labels(batch, logits),
                            F::CrossEntropyFuncOptions().reduction(torch::kNone));
  };
  if (needs_.norms) store(norms_, gradients.norms(batch, losses), batch);
  if (!needs_.gradients) return;
  check_width(gradients.width());
  store(gradients_, gradients.sketched(batch, losses, *sketch(), p_.width), batch);
}

void PoolPredictor::measure_features(const torch::Tensor& features, const assay::Batch& batch) {
  if (needs_.norms) store(norms_, features.to(torch::kDouble).norm(2, 1), batch);
  if (needs_.gradients) store(gradients_, sketched(features), batch);
}

PerSample& PoolPredictor::per_sample(assay::Model& model, const assay::Batch& batch) {
  if (per_sample_ == nullptr)
    per_sample_ = std::make_unique<PerSample>(model, assay::last_layers(model, p_.layers),
                                              first_of(batch), p_.fall_back);
  return *per_sample_;
}

void PoolPredictor::store(assay::Tensors& all, const torch::Tensor& rows,
                          const assay::Batch& batch) const {
  all.push_back(checked(rows, batch.id, "gradients").cpu());
}

torch::Tensor PoolPredictor::gradients() const {
  return gradients_.empty() ? torch::Tensor() : at::cat(gradients_);
}

torch::Tensor PoolPredictor::norms() const {
  return norms_.empty() ? torch::Tensor() : at::cat(norms_);
}

void PoolPredictor::save(assay::State& state) const {
  if (!gradients_.empty()) state.put("gradients", gradients());
  if (!norms_.empty()) state.put("norms", norms());
}

void PoolPredictor::load(const assay::State& state) {
  if (state.has("gradients")) gradients_ = {state.tensor("gradients").cpu()};
  if (state.has("norms")) norms_ = {state.tensor("norms").cpu()};
}

void PoolPredictor::check_width(std::int64_t width) const {
  if (p_.width > width)
    throw Error(ErrorKind::kParameter, "`width` is " + std::to_string(p_.width) +
                                           ", but a gradient has only " + std::to_string(width) +
                                           " elements; a sketch must not be wider than that");
}

std::unique_ptr<Sketch> PoolPredictor::sketch() const {
  return sketch_of(p_.sketch, p_.width, rng_.fork("sketch"));
}

torch::Tensor PoolPredictor::sketched(const torch::Tensor& features) const {
  check_width(features.size(1));
  auto out = at::zeros({features.size(0), p_.width}, features.options());
  sketch()->add(features, 0, out);
  return out;
}

torch::Tensor PoolPredictor::labels(const assay::Batch& batch, const torch::Tensor& logits) const {
  const auto chosen = p_.labels != "selector" ? p_.labels : needs_.true_labels ? "true" : "random";
  if (chosen == "true") return batch.target;
  if (chosen == "predicted") return logits.detach().argmax(1);
  return drawn_labels(batch.id, info_.classes, rng_.fork("labels")).to(batch.target.device());
}

}  // namespace selection
