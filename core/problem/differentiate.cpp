// Autograd may answer with a view, an expanded tensor, or one tensor for two parameters: whoever
// writes on a gradient, and the fused kernels, need memory laid out as the parameter's.
#include "core/problem/differentiate.h"

#include <set>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

namespace assay {
namespace {

class Owners {
 public:
  bool is_own(const torch::Tensor& grad, const torch::Tensor& parameter) {
    return grad.strides() == parameter.strides() && seen_.insert(grad.storage().data()).second;
  }

 private:
  std::set<const void*> seen_;
};

}  // namespace

Tensors zeros(const Tensors& parameters) {
  Tensors all;
  for (const auto& parameter : parameters) all.push_back(at::zeros_like(parameter));
  return all;
}

Tensors differentiate(const torch::Tensor& value, const Tensors& parameters, bool keep_graph) {
  if (!value.requires_grad()) return zeros(parameters);  // a term that no parameter has a part in
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

std::vector<std::size_t> unreached(const torch::Tensor& value, const Tensors& parameters) {
  std::vector<std::size_t> all;
  const auto grads = value.requires_grad()
                         ? torch::autograd::grad({value}, parameters, {}, false, false, true)
                         : Tensors(parameters.size());
  for (std::size_t i = 0; i < grads.size(); ++i)
    if (!grads[i].defined()) all.push_back(i);
  return all;
}

torch::Tensor slope_along(const torch::Tensor& value, const Tensors& parameters, const Tensors& v) {
  torch::Tensor slope = at::zeros({}, value.options());
  if (!value.requires_grad()) return slope;
  const auto grads = torch::autograd::grad({value}, parameters, {}, true, true, true);
  for (std::size_t i = 0; i < grads.size(); ++i)
    if (grads[i].defined()) slope = slope + (grads[i] * v.at(i)).sum();
  return slope;
}

}  // namespace assay
