#include "selection/select/gradients/op_rules.h"

#include <algorithm>

#include <ATen/ops/im2col.h>
#include <ATen/ops/rsqrt.h>

#include "assay/error.h"

namespace selection {
namespace {

// An input as its rule wants it: a weight of [o, i], whichever way it was turned.
torch::Tensor as_given(const Use& use, std::size_t k) {
  const auto tensor = use.inputs[k].isTensor() ? use.inputs[k].toTensor() : torch::Tensor();
  const bool turned = (use.op == "aten::addmm" && k == 2) || (use.op == "aten::matmul" && k == 1);
  return turned && tensor.defined() && tensor.dim() == 2 ? tensor.t() : tensor;
}

struct Call {
  const Use& use;
  const torch::Tensor& gradient;
  Order order;
  std::int64_t samples;
  const Capture& capture;
  Sink& sink;

  torch::Tensor tensor(std::size_t k) const { return use.inputs[k].toTensor().detach(); }
  torch::Tensor places(const torch::Tensor& x, std::int64_t f) const {
    return places_of(x, order, samples, f);
  }
  // Where input k is a parameter that is looked for.
  std::optional<Block> block(std::size_t k) const {
    return has_rule(use, k, capture) ? capture.block_of(as_given(use, k)) : std::nullopt;
  }
};

void linear(const Call& call, std::size_t x, std::size_t weight) {
  const auto input = call.tensor(x);
  if (const auto block = call.block(weight))
    call.sink.outer(*block, call.places(call.gradient, call.gradient.size(-1)),
                    call.places(input, input.size(-1)));
}

// What was added to each place, or multiplied it.
void shift(const Call& call, std::size_t k, const torch::Tensor& gradient) {
  if (const auto block = call.block(k))
    call.sink.vector(*block, call.places(gradient, call.tensor(k).numel()).sum(1));
}

void conv2d(const Call& call) {
  const auto weight = call.tensor(1);
  const auto ints = [&](std::size_t k) { return call.use.inputs[k].toIntVector(); };
  const auto groups = call.use.inputs[6].toInt();
  const auto places = [&](const torch::Tensor& x) {  // [N, f, HW]
    return call.places(x.transpose(1, 2), x.size(1));
  };
  const auto left = places(call.gradient.flatten(2));
  if (const auto block = call.block(1)) {
    const auto right = places(
        at::im2col(call.tensor(0), {weight.size(2), weight.size(3)}, ints(5), ints(4), ints(3)));
    const auto outputs = weight.size(0) / groups, inputs = weight.numel() / weight.size(0);
    for (std::int64_t g = 0; g < groups; ++g)
      call.sink.outer({block->parameter, block->offset + g * outputs * inputs},
                      left.narrow(2, g * outputs, outputs), right.narrow(2, g * inputs, inputs));
  }
  if (const auto block = call.block(2)) call.sink.vector(*block, left.sum(1));
}

// A scale and a shift of each channel, which is the second dimension, or of each place.
void scale_and_shift(const Call& call, const torch::Tensor& normal, std::size_t scale,
                     bool channels) {
  const auto sums = [&](const torch::Tensor& x) { return channels ? x.flatten(2).sum(2) : x; };
  const auto flat = [&](const torch::Tensor& x) { return x.dim() == 2 ? x : sums(x); };
  shift(call, scale, flat(call.gradient * normal));
  shift(call, scale + 1, flat(call.gradient));
}

torch::Tensor standardized(const torch::Tensor& x, double eps) {
  const auto apart = x - x.mean(-1, /*keepdim=*/true);
  return apart * at::rsqrt(apart.square().mean(-1, /*keepdim=*/true) + eps);
}

void layer_norm(const Call& call) {
  const auto x = call.tensor(0);
  std::int64_t width = 1;
  for (const auto size : call.use.inputs[1].toIntVector()) width *= size;
  const auto normal = standardized(x.reshape({-1, width}), call.use.inputs[4].toDouble());
  scale_and_shift(call, normal.view_as(x), 2, false);
}

void group_norm(const Call& call) {
  const auto x = call.tensor(0);
  const auto normal = standardized(x.reshape({x.size(0), call.use.inputs[1].toInt(), -1}),
                                   call.use.inputs[4].toDouble());
  scale_and_shift(call, normal.view_as(x), 2, true);
}

void batch_norm(const Call& call) {
  if (call.use.inputs[5].toBool())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "a batch norm uses batch statistics also in eval mode, so per-sample "
                       "gradients do not exist: let it track running statistics, or "
                       "use a group norm");
  const auto x = call.tensor(0);
  std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  const auto mean = call.tensor(3).view(shape);
  const auto scale = at::rsqrt(call.tensor(4) + call.use.inputs[7].toDouble()).view(shape);
  scale_and_shift(call, (x - mean) * scale, 1, true);
}

// Whether a parameter is repeated along the first dimensions only.
bool is_repeated(const torch::Tensor& parameter, const std::vector<std::int64_t>& result) {
  auto sizes = parameter.sizes();
  while (!sizes.empty() && sizes[0] == 1) sizes = sizes.slice(1);
  return sizes.size() < result.size() && std::equal(sizes.rbegin(), sizes.rend(), result.rbegin());
}

bool is_one(const c10::IValue& factor) {
  return factor.isScalar() && factor.toScalar().toDouble() == 1;
}

}  // namespace

// By place a tensor is [T, B, ...] or, flattened, [T * B, ...].
torch::Tensor places_of(const torch::Tensor& x, Order order, std::int64_t samples, std::int64_t f) {
  if (order == Order::kBySample) return x.reshape({samples, -1, f});
  const auto places = x.dim() > 2 && x.size(1) == samples ? x.size(0) : x.size(0) / samples;
  return x.reshape({places, samples, -1}).transpose(0, 1).reshape({samples, -1, f});
}

bool has_rule(const Use& use, std::size_t k, const Capture& capture) {
  if (!capture.block_of(as_given(use, k))) return false;
  const auto& op = use.op;
  const auto parameter = use.inputs[k].toTensor();
  if (op == "aten::linear" || op == "aten::conv2d") return k == 1 || k == 2;
  if (op == "aten::layer_norm" || op == "aten::group_norm") return k == 2 || k == 3;
  if (op == "aten::batch_norm") return k == 1 || k == 2;
  if (op == "aten::matmul") return k == 1 && parameter.dim() == 2 && use.sizes.size() > 1;
  if (op == "aten::addmm")
    return (k == 2 || (k == 0 && is_repeated(parameter, use.sizes))) && is_one(use.inputs[3]) &&
           is_one(use.inputs[4]);
  if (op == "aten::mul") return is_repeated(parameter, use.sizes);
  return k < 2 && is_repeated(parameter, use.sizes) && is_one(use.inputs[2]);  // add, add_
}

void give(const Use& use, const torch::Tensor& gradient, Order order, std::int64_t samples,
          const Capture& capture, Sink& sink) {
  const Call call{use, gradient, order, samples, capture, sink};
  if (use.op == "aten::linear" || use.op == "aten::matmul") linear(call, 0, 1);
  if (use.op == "aten::linear") shift(call, 2, gradient);
  if (use.op == "aten::addmm") {
    linear(call, 1, 2);
    shift(call, 0, gradient);
  }
  if (use.op == "aten::add" || use.op == "aten::add_")
    for (const std::size_t k : {0, 1}) shift(call, k, gradient);
  if (use.op == "aten::mul")
    for (const std::size_t k : {0, 1})
      if (call.block(k)) shift(call, k, gradient * call.tensor(1 - k));
  if (use.op == "aten::conv2d") conv2d(call);
  if (use.op == "aten::layer_norm") layer_norm(call);
  if (use.op == "aten::group_norm") group_norm(call);
  if (use.op == "aten::batch_norm") batch_norm(call);
}

}  // namespace selection
