// The gradient of each sample's own loss, sketched as it arises, or its norm: one forward and one
// backward pass per batch, and nothing of the size of samples times parameters.
#pragma once

#include <functional>
#include <optional>

#include "assay/dataset.h"
#include "assay/model.h"
#include "assay/sdk/layers.h"
#include "selection/select/gradients/op_rules.h"
#include "selection/select/sketches/sketch.h"

namespace selection {

class PerSample {
 public:
  /// Of these parameters of the model, in this order. It is looked at on `probe`, a batch of a few
  /// samples. Where a parameter goes through an operator without a rule: throws
  /// assay::Error{kParameter} naming both, or, with `fall_back`, takes one backward pass a sample
  /// for it. Throws too where the samples of a batch change each other's results.
  PerSample(assay::Model& model, assay::NamedTensors parameters, const assay::Batch& probe,
            bool fall_back);

  /// Of all parameters together: the length of a gradient.
  std::int64_t width() const { return width_; }
  /// "`NAME` goes through OPERATOR", of each parameter that has no rule.
  const std::vector<std::string>& others() const { return others_; }

  /// [B] losses of a batch's logits.
  using Losses = std::function<torch::Tensor(const torch::Tensor& logits)>;
  /// [B, m] float: the sketched gradient of each sample. The model is used in eval mode.
  torch::Tensor sketched(const assay::Batch& batch, const Losses& losses, const Sketch& sketch,
                         std::int64_t m);
  /// [B] double, on the CPU: the L2 norm of the gradient of each sample, exactly but for rounding.
  torch::Tensor norms(const assay::Batch& batch, const Losses& losses);

 private:
  /// Called once the forward pass of a batch has been captured.
  using MakeSink = std::function<Sink&(const Capture&, const torch::Tensor& logits)>;
  /// Takes the gradient of a sample in a parameter that no rule holds for: [1, w].
  using TakeOther = std::function<void(std::int64_t sample, std::size_t parameter,
                                       const torch::Tensor& gradient)>;
  void give_gradients(const assay::Batch& batch, const Losses& losses, const MakeSink& make_sink,
                      const TakeOther& take_other);
  std::vector<int> count_uses(const Capture& capture) const;
  std::vector<torch::Tensor> tensors() const;
  std::vector<torch::Tensor> gradients_of(const Capture& capture, const torch::Tensor& sum) const;
  void probe_orders(const assay::Batch& three);
  void find_others(const Capture& capture);
  void add_other(std::size_t parameter, const std::string& op);
  void compare(const Capture& capture, const std::vector<torch::Tensor>& gradients,
               const torch::Tensor& sum);
  void give_all(const Capture& capture, const std::vector<torch::Tensor>& gradients,
                std::int64_t samples, Sink& sink) const;
  void one_by_one(const torch::Tensor& losses, const TakeOther& take) const;

  assay::Model& model_;
  assay::NamedTensors parameters_;
  std::vector<std::int64_t> offsets_;
  std::vector<bool> ruled_;  // of each parameter
  std::vector<std::string> others_;
  std::vector<std::optional<Order>> orders_;  // of each use of a forward pass, where it was seen
  std::int64_t width_ = 0;
};

}  // namespace selection
