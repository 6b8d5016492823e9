// Components that do what `How` says, right or wrong, and what the conformance tests say of them.
#pragma once

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include "runner/conformance/conformance.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

struct Nothing {};
constexpr const char* kDoc = "A wrong component of a test.";

// What is said of T beside the plugins of this build; all sentences in one text.
template <class T>
std::string verdict() {
  Registry registry = plugins();
  registry.add<T>("wrong", kDoc);
  const auto& entry = registry.find(T::kind, "wrong");
  std::string text;
  for (const auto& sentence : conformance::test_component(registry, entry).broken)
    text += sentence + "\n";
  return text;
}

// Descent with momentum, which `How` does wrong.
template <class How>
class Momentum : public Optimizer {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  explicit Momentum(Params) {}
  double step(Problem& problem) override {
    const torch::NoGradGuard no_grad;
    const auto gradient = problem.gradient();
    const auto& w = problem.parameters();
    if (velocity_.empty())
      for (const auto& one : w) velocity_.push_back(at::zeros_like(one));
    for (std::size_t i = 0; i < w.size(); ++i) {
      velocity_[i].mul_(0.9).add_(How::change(gradient.tensors[i]));
      w[i].sub_(velocity_[i], How::kStep * problem.learning_rate_factor());
    }
    ++steps_;
    return gradient.loss;
  }
  void save(State& state) const override {
    if (How::kSaves) state.put_list("velocity", velocity_);
    if (How::kSavesMore) state.put("steps", steps_);
  }
  void load(const State& state) override { velocity_ = state.list("velocity"); }

 private:
  Tensors velocity_;
  std::int64_t steps_ = 0;
};

struct Right {
  static constexpr bool kSaves = true, kSavesMore = false;
  static constexpr double kStep = 0.05;
  static torch::Tensor change(const torch::Tensor& g) { return g; }
};
// The cross-entropy, which `How` does wrong.
template <class How>
class Loss : public Objective {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  explicit Loss(Params) {}
  const std::vector<std::string>& terms() const override { return terms_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch).logits;
    const auto each = at::cross_entropy_loss(logits, batch.target, {}, at::Reduction::None);
    return {How::term(model, logits, each)};
  }

 private:
  std::vector<std::string> terms_{"loss"};
};

struct Plain {
  static Term term(Model&, const torch::Tensor&, const torch::Tensor& each) {
    return {each.mean(), 1, each};
  }
};
// A linear model, which `How` does wrong.
template <class How>
class Line : public Model {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  Line(Params, const Info& info) {
    weight_ = at::randn({info.classes, 64}) * 0.1;
    if (How::kRegisters) weight_ = register_parameter("weight", weight_);
    if (How::kIdle) register_parameter("idle", at::randn({3}));
  }
  Output forward(const Batch& batch) override {
    return {How::change(at::linear(batch.input.flatten(1), weight_))};
  }

 private:
  torch::Tensor weight_;
};

struct Straight {
  static constexpr bool kRegisters = true, kIdle = false;
  static torch::Tensor change(const torch::Tensor& x) { return x; }
};
}  // namespace assay::testing
