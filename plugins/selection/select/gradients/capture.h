// What a forward pass does with a model's parameters, seen from the operators that it calls: any
// model can be looked at, and none needs to know of it.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/edge.h>
#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace selection {

/// A stretch of a parameter, counted in elements.
struct Block {
  std::size_t parameter = 0;
  std::int64_t offset = 0;
};

/// One call of an operator that has a rule for the gradient of each sample.
struct Use {
  std::string op;  // "aten::linear"
  std::vector<c10::IValue> inputs;
  std::vector<std::int64_t> versions;  // of each input that is a tensor, when it was given
  torch::autograd::Edge output;        // to where the gradient of the result flows
  std::vector<std::int64_t> sizes;
};

/// Times that a tensor was changed in place.
std::int64_t version_of(const c10::IValue& input);

/// While it lives, looks at the calls of this thread; one at a time.
class Capture {
 public:
  explicit Capture(std::vector<torch::Tensor> parameters);
  ~Capture();
  Capture(const Capture&) = delete;

  /// Looks no further. A backward pass calls operators too.
  void stop();

  const std::vector<Use>& uses() const { return uses_; }

  /// A parameter that went where there is no rule.
  struct Other {
    std::size_t parameter;
    std::string op;
  };
  const std::vector<Other>& others() const { return others_; }

  /// Which parameter a value is, or is a view of.
  std::optional<std::size_t> parameter_of(const c10::IValue& value) const;
  /// Where a tensor, one of the parameters or a contiguous part of one, lies.
  std::optional<Block> block_of(const torch::Tensor& tensor) const;

 private:
  struct Observer;
  static std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& call);
  static void leave(const at::RecordFunction& call, at::ObserverContext* context);
  std::unique_ptr<at::ObserverContext> look_at(const at::RecordFunction& call);

  std::vector<torch::Tensor> parameters_;
  std::vector<Use> uses_;
  std::vector<Other> others_;
  bool inside_ = false;  // of an operator with a rule: what it calls in turn is its own affair
  at::CallbackHandle handle_;
};

}  // namespace selection
