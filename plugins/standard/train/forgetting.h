// Forgetting: how often a training sample's answer goes from right to wrong between two of its
// batches (Toneva et al., "An empirical study of example forgetting during deep neural network
// learning", ICLR 2019).
#pragma once

#include <algorithm>

#include "assay/sdk/training.h"

class Forgetting {
 public:
  /// Before the step on `batch`, of the samples `ids`. The model answers in eval mode: a training
  /// forward pass would move the statistics of batch norm a second time.
  void count_answers(assay::Model& model, const assay::Batch& batch,
                     std::span<const std::int64_t> ids) {
    start(ids);
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(model);
    const auto right = model.forward(batch).logits.argmax(1).eq(batch.target).cpu();
    const auto id = batch.id.cpu().contiguous();
    for (std::int64_t k = 0; k < id.numel(); ++k) {
      const auto place =
          std::lower_bound(ids.begin(), ids.end(), id.const_data_ptr<std::int64_t>()[k]);
      count(place - ids.begin(), right.const_data_ptr<bool>()[k]);
    }
  }

  /// `ids`, and for each `forgotten`: how often; -1 for a sample that was never right, -2 for one
  /// that was in no batch.
  assay::TensorMap found(std::span<const std::int64_t> ids) const {
    return {{"ids", torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()))},
            {"forgotten", count_}};
  }

  void save(assay::State& state) const {
    if (!count_.defined()) return;
    state.tensors["forgotten"] = count_;
    state.tensors["was_right"] = right_;
  }
  void load(const assay::State& state) {
    if (!state.tensors.contains("forgotten")) return;
    count_ = state.tensor("forgotten").cpu().clone();  // they come on the trial's device
    right_ = state.tensor("was_right").cpu().clone();
  }

 private:
  void start(std::span<const std::int64_t> ids) {
    const std::int64_t size = std::ssize(ids);
    if (!count_.defined()) {
      count_ = at::full({size}, -2, torch::kInt64);
      right_ = at::zeros({size}, torch::kBool);
    }
    if (count_.numel() != size || right_.numel() != size)
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the checkpoint counts forgetting of " + std::to_string(count_.numel()) +
                             " samples, but the training split has " + std::to_string(size));
  }

  void count(std::ptrdiff_t place, bool right) {
    auto& count = count_.data_ptr<std::int64_t>()[place];
    auto& was_right = right_.data_ptr<bool>()[place];
    if (count < 0) count = right ? 0 : -1;
    if (was_right && !right) ++count;
    was_right = right;
  }

  torch::Tensor count_, right_;  // [N]
};
