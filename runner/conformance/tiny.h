// Tiny components, made for tests: a dataset of two groups, a model with dropout and batch norm.
#pragma once

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/modules/dropout.h>

#include "assay/sdk/training.h"

namespace assay::testing {

/// 60 training, 20 validation and 20 test images [channels, 8, 8] of three classes, two groups.
/// Each has a second view, a noisy copy.
class TinyData final : public Dataset {
 public:
  explicit TinyData(std::int64_t channels = 1) {
    const auto generator = Rng(17).generator();
    target_ = torch::arange(100, torch::kInt64) % 3;
    input_ =
        at::randn({100, channels, 8, 8}, generator, torch::kFloat) + target_.view({100, 1, 1, 1});
    view_ = input_ + 0.1 * at::randn({100, channels, 8, 8}, generator, torch::kFloat);
    std::vector<std::int64_t> all;
    for (std::int64_t k = 0; k < 100; ++k) {
      const auto split = static_cast<std::size_t>(k < 60 ? 0 : k < 80 ? 1 : 2);
      all.push_back(k >= 50 && k < 60 ? 0 : (k / 2) % 2);  // 36 and 24 in training
      ids_[split].push_back(k);
      groups_[split].push_back(all.back());
    }
    group_ = torch::tensor(all, torch::kInt64);
    info_.input_shape = {channels, 8, 8};
    info_.pixel_mean.assign(static_cast<std::size_t>(channels), 0.5);
    info_.pixel_deviation.assign(static_cast<std::size_t>(channels), 0.25);
    info_.classes = 3;
    info_.groups = {"left", "right"};
    info_.group_sizes = group_sizes(60, groups_[0], 2);
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split s) const override { return ids_[static_cast<int>(s)]; }
  std::span<const std::int64_t> groups(Split s) const override {
    return groups_[static_cast<int>(s)];
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto rows =
        torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    return {.input = input_.index_select(0, rows),
            .target = target_.index_select(0, rows),
            .id = rows,
            .group = group_.index_select(0, rows),
            .extra = {{"view", view_.index_select(0, rows)}}};
  }

 private:
  torch::Tensor input_, view_, target_, group_;
  std::vector<std::int64_t> ids_[3], groups_[3];
  Info info_;
};

/// The same samples as rows of 64 numbers.
class TinyTable final : public Dataset {
 public:
  explicit TinyTable(bool real = false) : real_(real), info_(images_.info()) {
    info_.input_shape = {64};
    info_.pixel_mean.clear();
    info_.pixel_deviation.clear();
    if (real) info_.classes = 0;
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split s) const override { return images_.ids(s); }
  std::span<const std::int64_t> groups(Split s) const override { return images_.groups(s); }
  Batch load(std::span<const std::int64_t> ids, const Context& context) const override {
    auto batch = images_.load(ids, context);
    batch.input = batch.input.flatten(1);
    batch.extra.clear();
    if (real_) batch.target = batch.target.to(torch::kFloat).unsqueeze(1);
    return batch;
  }

 private:
  bool real_;
  TinyData images_;
  Info info_;
};

/// Batch norm over the pixels, dropout, a linear layer; fitted, it takes in means of the pixels.
class TinyModel final : public Model, public LinearHead, public Fitted {
 public:
  explicit TinyModel(double dropout = 0.2, torch::Dtype dtype = torch::kFloat,
                     std::int64_t outputs = 3) {
    const auto generator = Rng(5).generator();
    weight_ = register_parameter("weight", at::randn({outputs, 64}, generator, dtype) * 0.1);
    bias_ = register_parameter("bias", at::zeros({outputs}, dtype));
    mean_ = register_buffer("running_mean", at::zeros({64}, dtype));
    variance_ = register_buffer("running_var", at::ones({64}, dtype));
    dropout_ = register_module("dropout", torch::nn::Dropout(dropout));
  }
  Output forward(const Batch& batch) override {
    auto x = batch.input.flatten(1).to(weight_.scalar_type());
    x = at::batch_norm(x, {}, {}, mean_, variance_, is_training(), 0.1, 1e-5, false);
    x = dropout_->forward(x);
    return {at::linear(x, weight_, bias_), x};
  }
  Head head() override { return {weight_, bias_}; }
  std::int64_t steps() const override { return 6; }
  bool fit(std::int64_t step, const Samples& samples, const Context&) override {
    mean_.add_(samples.input.flatten(1).mean(0) / static_cast<double>(step + 1));
    return step + 1 < steps();
  }
  torch::Tensor weight_, bias_, mean_, variance_;

 private:
  torch::nn::Dropout dropout_{nullptr};
};

/// Two terms, with each sample's part in them, so that rules over terms and groups have work.
class TwoTerms final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch).logits;
    const auto fit = [&](at::Reduction::Reduction reduction) {
      return at::cross_entropy_loss(logits, batch.target, {}, reduction);
    };
    return {{fit(at::Reduction::Mean), 1.0, fit(at::Reduction::None)},
            {(logits - 1).square().mean(), 0.5, (logits - 1).square().mean(1)}};
  }

 private:
  std::vector<std::string> names_{"fit", "size"};
};

/// Everything a procedure said.
class Rows final : public Results {
 public:
  void metric(std::string_view name, double value) override { rows.emplace_back(name, value); }
  void artifact(std::string_view name, const TensorMap& value) override {
    artifacts[std::string(name)] = value;
  }
  void document(std::string_view name, std::string_view bytes) override {
    documents[std::string(name)] = bytes;
  }
  void keep_model(std::string_view name) override { kept.emplace_back(name); }

  std::vector<std::pair<std::string, double>> rows;
  std::map<std::string, TensorMap> artifacts;
  std::map<std::string, std::string> documents;
  std::vector<std::string> kept;
};

}  // namespace assay::testing
