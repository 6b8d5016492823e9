// Selector: which samples of a pool to learn from. The procedure `select` asks it.
#pragma once

#include <optional>
#include <vector>

#include "assay/context.h"
#include "assay/state.h"

namespace assay {

/// What is known of N samples. All but `classes` is undefined where the selector did not need it.
struct Pool {
  std::int64_t size = 0;  // N
  std::int64_t classes = 0;
  torch::Tensor label;      // [N] int64
  torch::Tensor features;   // [N, D] float, before the model's last layer
  torch::Tensor logits;     // [N, classes] float
  torch::Tensor gradients;  // [N, m] float, each sample's gradient, sketched
  torch::Tensor forgotten;  // [N] int64, how often in training; -1: it was never answered right

  /// The same of the validation split's samples.
  struct {
    torch::Tensor label, features, logits;
  } validation = {};
};

/// Kind `selector`. What it has found so far it gives to save(): a run may be resumed between
/// steps.
class Selector : public Stateful {
 public:
  using Interface = Selector;
  static constexpr std::string_view kind = "selector";

  struct Needs {
    bool label = false, features = false, logits = false, gradients = false;
    bool true_labels = false;  // the gradients are of the samples' own labels
    bool every_class = false;  // takes each class apart: none may be without a sample
    bool forgotten = false;    // counted by a stage before, `train` with `count_forgetting`
    bool validation = false;   // label, features and logits of that split too, as of the pool
  };
  virtual Needs needs() const = 0;

  /// Places in the pool, none twice, and how much each counts; without weights all count alike.
  struct Choice {
    std::vector<std::int64_t> places;
    std::vector<double> weights = {};
  };
  /// Does step k, counted from 0, towards `n` samples of the pool, and returns them where it was
  /// the last one. Aim at seconds a step. Draws from `context.rng` alone.
  virtual std::optional<Choice> step(std::int64_t k, const Pool& pool, std::int64_t n,
                                     const Context& context) = 0;
};

}  // namespace assay
