// Selector: chooses the samples of a pool to train on. Called by a selection procedure.
#pragma once

#include <optional>
#include <vector>

#include "assay/context.h"
#include "assay/state.h"

namespace assay {

/// What is known about the N samples of a pool, on the CPU. A tensor is undefined unless Needs asks
/// for it. Places in the pool are 0, ..., N - 1; they are not sample ids.
struct Pool {
  std::int64_t size = 0;  // N
  std::int64_t classes = 0;
  torch::Tensor label;      // [N] int64
  torch::Tensor features;   // [N, D] float, before the model's last layer
  torch::Tensor logits;     // [N, classes] float
  torch::Tensor gradients;  // [N, m] float, a random sketch of each sample's gradient
  torch::Tensor norms;      // [N] double, the L2 norm of each sample's gradient, not of its sketch
  torch::Tensor
      forgotten;  // [N] int64, times forgotten in training; -1: never classified correctly

  /// The same for the validation split.
  struct {
    torch::Tensor label, features, logits;
  } validation = {};
};

/// The kind `selector`. Its progress must be in save(): a run can be resumed between two steps.
/// Used by one thread at a time.
class Selector : public Stateful {
 public:
  using Interface = Selector;
  static constexpr std::string_view kind = "selector";

  /// The tensors of the Pool that step() reads.
  struct Needs {
    bool label = false, features = false, logits = false, gradients = false;
    bool norms = false;
    bool true_labels = false;  // gradients and norms of the loss for the true labels
    bool every_class = false;  // works per class: every class must have a sample
    bool forgotten = false;    // from an earlier stage that counts forgetting
    bool validation = false;   // label, features and logits of the validation split as well
  };
  virtual Needs needs() const = 0;

  /// Distinct places in the pool, and a weight for each; without weights all weigh the same.
  struct Choice {
    std::vector<std::int64_t> places;
    std::vector<double> weights = {};
  };
  /// Does step k, counted from 0, of choosing `n` samples. Returns the choice in the last step,
  /// which must come within max(n, classes) steps, and nothing before. A step should take at most a
  /// few seconds. Draws only from `context.rng`, which is the same in every step: fork it by k.
  virtual std::optional<Choice> step(std::int64_t k, const Pool& pool, std::int64_t n,
                                     const Context& context) = 0;
};

}  // namespace assay
