#include "selection/select/gradients/per_sample.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/variable.h>

#include "assay/sdk/training.h"
#include "selection/select/gradients/squared_norms.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;

namespace {

// Where a stretch of parameters lies among all of them.
class Sketching final : public Sink {
 public:
  Sketching(const Sketch& sketch, const std::vector<std::int64_t>& offsets, torch::Tensor& out)
      : sketch_(sketch), offsets_(offsets), out_(out) {}

  void outer(const Block& block, const torch::Tensor& left, const torch::Tensor& right) override {
    sketch_.add_outer(left, right, offsets_[block.parameter] + block.offset, out_);
  }
  void vector(const Block& block, const torch::Tensor& v) override {
    sketch_.add(v, offsets_[block.parameter] + block.offset, out_);
  }

 private:
  const Sketch& sketch_;
  const std::vector<std::int64_t>& offsets_;
  torch::Tensor& out_;
};

// Passes on what belongs to the parameters that a rule holds for.
class RuledSink final : public Sink {
 public:
  RuledSink(const std::vector<bool>& ruled, Sink& sink) : ruled_(ruled), sink_(sink) {}

  void outer(const Block& block, const torch::Tensor& left, const torch::Tensor& right) override {
    if (ruled_[block.parameter]) sink_.outer(block, left, right);
  }
  void vector(const Block& block, const torch::Tensor& v) override {
    if (ruled_[block.parameter]) sink_.vector(block, v);
  }

 private:
  const std::vector<bool>& ruled_;
  Sink& sink_;
};

// Keeps every number where it is.
class Whole final : public Sketch {
 public:
  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    out.narrow(1, offset, x.size(1)).add_(x);
  }
};

// A sum needs nothing of what it added up.
void check_unchanged(const Use& use) {
  if (use.op.starts_with("aten::add") && use.op != "aten::addmm") return;
  for (std::size_t k = 0; k < use.inputs.size(); ++k)
    if (use.versions[k] != version_of(use.inputs[k]))
      throw Error(ErrorKind::kPlugin, "the model modifies in place a tensor that it passed to " +
                                          use.op + ", so per-sample gradients cannot be computed");
}

// Whether the gradient of sample 1 of three lies where that order has it, and nowhere else.
bool suits(const torch::Tensor& gradient, Order order) {
  if (gradient.numel() % 3 != 0 || (order == Order::kByPlace && gradient.numel() == 3))
    return false;
  const auto rows = places_of(gradient, order, 3, 1).abs().sum({1, 2});
  return rows[0].item<double>() == 0 && rows[2].item<double>() == 0;
}

// Nothing where the gradient is zero.
std::optional<Order> order_of(const torch::Tensor& gradient, const std::string& op) {
  if (!gradient.defined() || gradient.count_nonzero().item<std::int64_t>() == 0) return {};
  for (const auto order : {Order::kBySample, Order::kByPlace})
    if (suits(gradient, order)) return order;
  throw Error(ErrorKind::kParameter, "the samples of a batch affect each other's results (at " +
                                         op + "), so per-sample gradients do not exist");
}

}  // namespace

PerSample::PerSample(assay::Model& model, assay::NamedTensors parameters, const assay::Batch& probe,
                     bool fall_back)
    : model_(model), parameters_(std::move(parameters)), ruled_(parameters_.size(), true) {
  for (const auto& [name, tensor] : parameters_) {
    offsets_.push_back(width_);
    width_ += tensor.numel();
  }
  probe_orders(probe.map([](const auto& part) {
    return at::cat({part, part, part}).narrow(0, 0, 3);
  }));
  if (!fall_back && !others_.empty())
    throw Error(ErrorKind::kParameter,
                others_.front() +
                    ", which has no rule for per-sample gradients; `fall_back: true` uses "
                    "one backward pass per sample instead");
}

std::vector<torch::Tensor> PerSample::tensors() const {
  std::vector<torch::Tensor> all;
  for (const auto& [name, tensor] : parameters_) all.push_back(tensor);
  return all;
}

// Of each use's result; undefined where the sum does not depend on it.
std::vector<torch::Tensor> PerSample::gradients_of(const Capture& capture,
                                                   const torch::Tensor& sum) const {
  torch::autograd::edge_list edges;
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < capture.uses().size(); ++k) {
    if (!capture.uses()[k].output.is_valid()) continue;
    edges.push_back(capture.uses()[k].output);
    places.push_back(k);
  }
  std::vector<torch::Tensor> all(capture.uses().size());
  if (edges.empty() || !sum.requires_grad()) return all;
  const auto found = torch::autograd::Engine::get_default_engine().execute(
      {torch::autograd::impl::gradient_edge(sum)}, {at::ones_like(sum)}, /*keep_graph=*/true,
      /*create_graph=*/false, /*accumulate_grad=*/false, edges);
  for (std::size_t k = 0; k < places.size(); ++k) all[places[k]] = found[k];
  return all;
}

void PerSample::add_other(std::size_t parameter, const std::string& op) {
  if (!ruled_[parameter]) return;
  ruled_[parameter] = false;
  others_.push_back("`" + parameters_[parameter].first + "` goes through " + op);
}

void PerSample::find_others(const Capture& capture) {
  for (const auto& other : capture.others()) add_other(other.parameter, other.op);
  for (const auto& use : capture.uses())
    for (std::size_t k = 0; k < use.inputs.size(); ++k)
      if (const auto parameter = capture.parameter_of(use.inputs[k]);
          parameter && !has_rule(use, k, capture))
        add_other(*parameter, use.op);
}

// Where a probe's gradient is zero at an operator, as behind rectifiers that are dead for it, its
// order is seen on noise.
void PerSample::probe_orders(const assay::Batch& three) {
  const assay::EvalMode mode(model_);
  torch::AutoGradMode grad(true);
  const auto generator = assay::Rng(1).generator();
  auto noise = three;
  if (three.input.is_floating_point())
    noise.input = at::randn(three.input.sizes(), generator, torch::TensorOptions(torch::kFloat))
                      .to(three.input.options());
  for (const auto& batch : {three, noise}) {
    Capture capture(tensors());
    const auto logits = model_.forward(batch).logits;
    capture.stop();
    find_others(capture);
    const auto some = at::randn(logits[1].sizes(), generator, torch::TensorOptions(torch::kFloat));
    const auto sum = (logits[1] * some.to(logits.options())).sum();
    const auto gradients = gradients_of(capture, sum);
    orders_.resize(gradients.size());
    for (std::size_t k = 0; k < gradients.size(); ++k)
      if (!orders_[k]) orders_[k] = order_of(gradients[k], capture.uses()[k].op);
    compare(capture, gradients, sum);
  }
}

// With autograd, which sees all: a parameter may have gone where the capture did not look.
void PerSample::compare(const Capture& capture, const std::vector<torch::Tensor>& gradients,
                        const torch::Tensor& sum) {
  auto own = at::zeros({3, width_}, sum.options().requires_grad(false));
  const Whole whole;
  Sketching sink(whole, offsets_, own);
  give_all(capture, gradients, 3, sink);
  const auto expected = torch::autograd::grad({sum}, tensors(), {}, /*retain_graph=*/{}, false,
                                              /*allow_unused=*/true);
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const auto found = own[1].narrow(0, offsets_[k], parameters_[k].second.numel());
    const auto apart = expected[k].defined() ? found - expected[k].flatten() : found;
    const double size = expected[k].defined() ? expected[k].norm().item<double>() : 0;
    if (!(apart.norm().item<double>() <= 1e-2 * size + 1e-6))
      add_other(k, "an operator that was not recorded");
  }
}

void PerSample::give_all(const Capture& capture, const std::vector<torch::Tensor>& gradients,
                         std::int64_t samples, Sink& sink) const {
  const torch::NoGradGuard no_grad;
  RuledSink ruled(ruled_, sink);
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (!gradients[k].defined()) continue;
    check_unchanged(capture.uses()[k]);
    give(capture.uses()[k], gradients[k], orders_.at(k).value_or(Order::kBySample), samples,
         capture, ruled);
  }
}

void PerSample::give_gradients(const assay::Batch& batch, const Losses& losses,
                               const MakeSink& make_sink, const TakeOther& take_other) {
  const assay::EvalMode mode(model_);
  torch::AutoGradMode grad(true);
  Capture capture(tensors());
  const auto logits = model_.forward(batch).logits;
  capture.stop();
  Sink& sink = make_sink(capture, logits);
  const auto each = losses(logits);
  give_all(capture, gradients_of(capture, each.sum()), batch.size(), sink);
  one_by_one(each, take_other);
}

torch::Tensor PerSample::sketched(const assay::Batch& batch, const Losses& losses,
                                  const Sketch& sketch, std::int64_t m) {
  torch::Tensor out;
  std::optional<Sketching> sink;
  const auto make_sink = [&](const Capture&, const torch::Tensor& logits) -> Sink& {
    out = at::zeros({batch.size(), m}, logits.options().requires_grad(false));
    return sink.emplace(sketch, offsets_, out);
  };
  give_gradients(batch, losses, make_sink, [&](auto sample, auto parameter, const auto& gradient) {
    auto row = out.narrow(0, sample, 1);
    sketch.add(gradient, offsets_[parameter], row);
  });
  return out;
}

torch::Tensor PerSample::norms(const assay::Batch& batch, const Losses& losses) {
  auto others = at::zeros({batch.size()}, torch::TensorOptions(torch::kDouble));
  std::optional<SquaredNorms> sink;
  const auto make_sink = [&](const Capture& capture, const torch::Tensor&) -> Sink& {
    return sink.emplace(batch.size(), count_uses(capture));
  };
  give_gradients(batch, losses, make_sink, [&](auto sample, auto, const auto& gradient) {
    others[sample] += gradient.to(torch::kDouble).square().sum().cpu();
  });
  return (sink->sum_up() + others).sqrt();
}

std::vector<int> PerSample::count_uses(const Capture& capture) const {
  std::vector<int> uses(parameters_.size());
  for (const auto& use : capture.uses())
    for (const auto& input : use.inputs)
      if (const auto parameter = capture.parameter_of(input)) ++uses[*parameter];
  return uses;
}

void PerSample::one_by_one(const torch::Tensor& losses, const TakeOther& take) const {
  torch::autograd::variable_list others;
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    if (!ruled_[k]) {
      others.push_back(parameters_[k].second);
      places.push_back(k);
    }
  for (std::int64_t b = 0; b < losses.size(0) && !others.empty(); ++b) {
    torch::AutoGradMode grad(true);
    const auto found = torch::autograd::grad({losses[b]}, others, {}, /*retain_graph=*/true, false,
                                             /*allow_unused=*/true);
    const torch::NoGradGuard no_grad;
    for (std::size_t k = 0; k < found.size(); ++k)
      if (found[k].defined()) take(b, places[k], found[k].reshape({1, -1}));
  }
}

}  // namespace selection
