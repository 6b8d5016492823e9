// BatchProblem: accumulation, clipping, bf16 and exact replay, so that they work with every
// optimizer.
#include <cmath>
#include <set>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/tensors.h"
#include "assay/training.h"
#include "core/runtime/runtime.h"
#include "core/src/buffer_replay.h"

namespace assay {
namespace {

Batch of_group(const Batch& batch, std::int64_t group) {
  const auto rows = (batch.group == group).nonzero().squeeze(1);
  return {batch.input.index_select(0, rows), batch.target.index_select(0, rows),
          batch.id.index_select(0, rows), batch.group.index_select(0, rows)};
}

torch::Tensor weighted_sum(const std::vector<Term>& terms) {
  torch::Tensor sum;
  for (const auto& term : terms) {
    const auto part = term.weight == 1.0 ? term.value : term.value * term.weight;
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

// Autograd may answer with a view, an expanded tensor, or one tensor for two parameters: whoever
// writes on a gradient, and the fused kernels, need memory laid out as the parameter's.
class Owners {
 public:
  bool is_own(const torch::Tensor& grad, const torch::Tensor& parameter) {
    return grad.strides() == parameter.strides() && seen_.insert(grad.storage().data()).second;
  }

 private:
  std::set<const void*> seen_;
};

// The gradient of `value`, zeros where a parameter has no part in it.
Tensors gradient_of(const torch::Tensor& value, const Tensors& parameters, bool keep_graph) {
  auto grads = torch::autograd::grad({value}, parameters, {}, keep_graph, false, true);
  const torch::NoGradGuard no_grad;
  Owners owners;
  for (std::size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i].defined())
      grads[i] = at::zeros_like(parameters[i]);
    else if (!owners.is_own(grads[i], parameters[i]))
      grads[i] = at::empty_like(parameters[i]).copy_(grads[i]);
  }
  return grads;
}

void add_scaled(Gradient& sum, double loss, Tensors grads, double share) {
  sum.loss += share * loss;
  if (share != 1.0) at::_foreach_mul_(grads, share);
  if (sum.of.empty())
    sum.of = std::move(grads);
  else
    at::_foreach_add_(sum.of, grads);
}

}  // namespace

struct BatchProblem::Impl {
  Model& model;
  Objective& objective;
  ProblemOptions options;
  Tensors parameters;
  BufferReplay buffers;
  std::vector<Batch> batches;
  std::int64_t samples = 0;
  Context context;
  double factor = 1;

  Impl(Model& m, Objective& o, const ProblemOptions& opts)
      : model(m), objective(o), options(opts), buffers(m.buffers()) {
    for (auto& parameter : m.parameters())
      if (parameter.requires_grad()) parameters.push_back(parameter);
  }

  double share(const Batch& batch) const {
    return batches.size() == 1 ? 1.0
                               : static_cast<double>(batch.size()) / static_cast<double>(samples);
  }

  // One forward pass, with the random numbers that belong to micro-batch `index`.
  std::vector<Term> forward(const Batch& batch, std::size_t index) {
    const Context here = context.with(context.rng.fork(index));
    seed_default_generators(here.rng, context.device);
    const Autocast autocast(options.bf16, context.device);
    return objective.evaluate(model, batch, here);
  }

  double checked(const torch::Tensor& value) const {
    const double number = value.item<double>();
    if (!std::isfinite(number) && !options.allow_nonfinite)
      throw Error(ErrorKind::kNumeric, "the loss is " + std::to_string(number) +
                                           "; a smaller step size or gradient clipping may help");
    return number;
  }

  Gradient clipped(Gradient gradient) const {
    if (options.clip <= 0) return gradient;
    const torch::NoGradGuard no_grad;
    const double length = norm(gradient.of);
    if (length > options.clip) at::_foreach_mul_(gradient.of, options.clip / length);
    return gradient;
  }

  // Calls body(batch, index) for each batch of the step, gradients on, buffers replayed.
  template <class Body>
  void each(Body body) {
    const torch::AutoGradMode grad(true);
    const BufferReplay::Scope replay(buffers);
    for (std::size_t i = 0; i < batches.size(); ++i) body(batches[i], i);
  }
};

BatchProblem::BatchProblem(Model& model, Objective& objective, const ProblemOptions& options)
    : impl_(std::make_unique<Impl>(model, objective, options)) {}
BatchProblem::~BatchProblem() = default;

void BatchProblem::begin(std::vector<Batch> batches, const Context& context, double factor) {
  impl_->batches = std::move(batches);
  impl_->samples = 0;
  for (const auto& batch : impl_->batches) impl_->samples += batch.size();
  impl_->context = context;
  impl_->factor = factor;
  impl_->buffers.begin();
}

const Tensors& BatchProblem::parameters() const {
  return impl_->parameters;
}
const std::vector<std::string>& BatchProblem::terms() const {
  return impl_->objective.terms();
}
double BatchProblem::learning_rate_factor() const {
  return impl_->factor;
}

double BatchProblem::loss() {
  double sum = 0;
  impl_->each([&](const Batch& batch, std::size_t i) {
    const torch::NoGradGuard no_grad;
    sum += impl_->share(batch) * impl_->checked(weighted_sum(impl_->forward(batch, i)));
  });
  return sum;
}

Gradient BatchProblem::gradient() {
  Gradient sum;
  impl_->each([&](const Batch& batch, std::size_t i) {
    const auto loss = weighted_sum(impl_->forward(batch, i));
    const double value = impl_->checked(loss);
    add_scaled(sum, value, gradient_of(loss, impl_->parameters, false), impl_->share(batch));
  });
  return impl_->clipped(std::move(sum));
}

std::vector<Gradient> BatchProblem::gradient_per_term() {
  std::vector<Gradient> sums(terms().size());
  impl_->each([&](const Batch& batch, std::size_t i) {
    const auto values = impl_->forward(batch, i);
    for (std::size_t k = 0; k < values.size(); ++k)
      add_scaled(sums[k], impl_->checked(values[k].value),
                 gradient_of(values[k].value, impl_->parameters, k + 1 < values.size()),
                 impl_->share(batch));
  });
  for (auto& sum : sums) sum = impl_->clipped(std::move(sum));
  return sums;
}

std::vector<Gradient> BatchProblem::gradient_per_group() {
  std::map<std::int64_t, std::int64_t> sizes;
  for (const auto& batch : impl_->batches) {
    const auto groups = batch.group.to(torch::kCPU).contiguous();
    for (std::int64_t k = 0; k < groups.size(0); ++k) ++sizes[groups.data_ptr<std::int64_t>()[k]];
  }
  std::map<std::int64_t, Gradient> sums;
  impl_->each([&](const Batch& batch, std::size_t i) {
    for (const auto& [group, size] : sizes) {
      const auto part = of_group(batch, group);
      if (part.size() == 0) continue;
      const auto loss = weighted_sum(impl_->forward(part, i));
      add_scaled(sums[group], impl_->checked(loss), gradient_of(loss, impl_->parameters, false),
                 static_cast<double>(part.size()) / static_cast<double>(size));
    }
  });
  std::vector<Gradient> all;
  for (auto& [group, sum] : sums) all.push_back(impl_->clipped(std::move(sum)));
  return all;
}

}  // namespace assay
