// How often a training sample's answer goes from right to wrong between two of its batches: Toneva
// et al., "An empirical study of example forgetting during deep neural network learning", ICLR
// 2019.
#include <algorithm>

#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/training.h"

namespace {

using assay::Split;

class CountForgetting final : public assay::Callback {
 public:
  struct Params {};
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Strings artifacts() { return {"forgetting"}; }
  static assay::Schema<Params> schema() { return {}; }

  CountForgetting(Params, const assay::Info& info) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the dataset has no classes: use a classification dataset");
  }

  void start(const assay::TrainingSpan&, assay::Parts& parts, const assay::Context&) override {
    const std::int64_t size = std::ssize(parts.dataset->ids(Split::kTrain));
    if (!count_.defined()) {
      count_ = at::full({size}, -2, torch::kInt64);
      right_ = at::zeros({size}, torch::kBool);
    }
    if (count_.numel() != size || right_.numel() != size)
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the checkpoint counts forgetting of " + std::to_string(count_.numel()) +
                             " samples, but the training split has " + std::to_string(size));
  }

  // In eval mode: a training forward pass would move the statistics of batch norm a second time.
  void before_step(std::int64_t, const std::vector<assay::Batch>& batches, assay::Parts& parts,
                   const assay::Context&) override {
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(*parts.model);
    const auto ids = parts.dataset->ids(Split::kTrain);
    for (const auto& batch : batches) {
      const auto right = parts.model->forward(batch).logits.argmax(1).eq(batch.target).cpu();
      const auto id = batch.id.cpu().contiguous();
      for (std::int64_t k = 0; k < id.numel(); ++k) {
        const auto place =
            std::lower_bound(ids.begin(), ids.end(), id.const_data_ptr<std::int64_t>()[k]);
        count(place - ids.begin(), right.const_data_ptr<bool>()[k]);
      }
    }
  }

  /// The artifact `forgetting`: `ids`, and for each `forgotten`, how often; -1 for a sample that
  /// was never right, -2 for one that was in no batch.
  void finish(assay::Parts& parts, const assay::Context&, assay::Results& results) override {
    const auto all = parts.dataset->ids(Split::kTrain);
    std::vector<std::int64_t> ids, places;  // of a repeated id the first place counts
    for (std::size_t k = 0; k < all.size(); ++k)
      if (k == 0 || all[k] != all[k - 1]) {
        ids.push_back(all[k]);
        places.push_back(static_cast<std::int64_t>(k));
      }
    results.artifact("forgetting",
                     {{"ids", torch::tensor(ids, torch::kInt64)},
                      {"forgotten", count_.index_select(0, torch::tensor(places, torch::kInt64))}});
  }

  void save(assay::State& state) const override {
    if (!count_.defined()) return;
    state.put("forgotten", count_);
    state.put("was_right", right_);
  }
  void load(const assay::State& state) override {
    if (!state.has("forgotten")) return;
    count_ = state.tensor("forgotten").cpu().clone();  // they come on the trial's device
    right_ = state.tensor("was_right").cpu().clone();
  }

 private:
  void count(std::ptrdiff_t place, bool right) {
    auto& count = count_.data_ptr<std::int64_t>()[place];
    auto& was_right = right_.data_ptr<bool>()[place];
    if (count < 0) count = right ? 0 : -1;
    if (was_right && !right) ++count;
    was_right = right;
  }

  torch::Tensor count_, right_;  // [N]
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CountForgetting>(
      "count_forgetting",
      "Counts how often the prediction of each training sample turns from right to wrong (Toneva "
      "et al., ICLR 2019), for the selector `forgetting`.");
}
