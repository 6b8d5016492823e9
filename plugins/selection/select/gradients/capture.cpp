#include "selection/select/gradients/capture.h"

#include <algorithm>
#include <array>

#include <torch/csrc/autograd/variable.h>

#include "assay/error.h"

namespace selection {
namespace {

thread_local Capture* current = nullptr;

// Linear layers of LibTorch are `addmm`, or `matmul` and `add_`.
constexpr std::array<std::string_view, 10> kRules{
    "aten::linear",     "aten::addmm",      "aten::matmul", "aten::add", "aten::add_",
    "aten::layer_norm", "aten::group_norm", "aten::conv2d", "aten::mul", "aten::batch_norm"};
// Which give a part or another view of a parameter, and its gradient unchanged.
constexpr std::array<std::string_view, 20> kViews{
    "aten::view",    "aten::reshape", "aten::slice",        "aten::narrow",     "aten::select",
    "aten::chunk",   "aten::split",   "aten::detach",       "aten::alias",      "aten::t",
    "aten::permute", "aten::flatten", "aten::unsafe_chunk", "aten::contiguous", "aten::transpose",
    "aten::size",    "aten::squeeze", "aten::unsqueeze",    "aten::expand",     "aten::as_strided"};

bool is_in(std::string_view name, const auto& list) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::int64_t version_of(const c10::IValue& input) {
  return input.isTensor() && input.toTensor().defined() ? input.toTensor()._version() : 0;
}

struct Capture::Observer : at::ObserverContext {
  Use use;
};

Capture::Capture(std::vector<torch::Tensor> parameters) : parameters_(std::move(parameters)) {
  TORCH_INTERNAL_ASSERT(current == nullptr, "one capture at a time");
  current = this;
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&enter, &leave)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

Capture::~Capture() {
  stop();
}

void Capture::stop() {
  if (current != this) return;
  at::removeCallback(handle_);
  current = nullptr;
}

std::optional<std::size_t> Capture::parameter_of(const c10::IValue& value) const {
  if (!value.isTensor() || !value.toTensor().defined() || !value.toTensor().has_storage())
    return {};
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    if (parameters_[k].storage().is_alias_of(value.toTensor().storage())) return k;
  return {};
}

std::optional<Block> Capture::block_of(const torch::Tensor& tensor) const {
  const auto parameter = parameter_of(tensor);
  if (!parameter || !tensor.is_contiguous()) return {};
  return Block{*parameter, tensor.storage_offset() - parameters_[*parameter].storage_offset()};
}

std::unique_ptr<at::ObserverContext> Capture::look_at(const at::RecordFunction& call) {
  if (inside_) return nullptr;
  const std::string_view name = call.name();
  const bool any = std::any_of(call.inputs().begin(), call.inputs().end(),
                               [&](const auto& input) { return parameter_of(input).has_value(); });
  if (is_in(name, kRules) && any) {
    inside_ = true;
    auto observer = std::make_unique<Observer>();
    observer->use.op = name;
    observer->use.inputs.assign(call.inputs().begin(), call.inputs().end());
    for (const auto& input : call.inputs()) observer->use.versions.push_back(version_of(input));
    return observer;
  }
  if (any && !is_in(name, kViews))
    for (const auto& input : call.inputs())
      if (const auto parameter = parameter_of(input))
        others_.push_back({*parameter, std::string(name)});
  return nullptr;
}

std::unique_ptr<at::ObserverContext> Capture::enter(const at::RecordFunction& call) {
  return current == nullptr ? nullptr : current->look_at(call);
}

void Capture::leave(const at::RecordFunction& call, at::ObserverContext* context) {
  auto* observer = dynamic_cast<Observer*>(context);
  if (observer == nullptr || current == nullptr) return;
  current->inside_ = false;
  const auto& result = call.outputs().at(0).toTensor();
  observer->use.sizes = result.sizes().vec();
  if (result.requires_grad()) observer->use.output = torch::autograd::impl::gradient_edge(result);
  current->uses_.push_back(std::move(observer->use));
}

}  // namespace selection
