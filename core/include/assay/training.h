// Training: the pieces that procedures share: the problem of one step, batches, evaluation.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "assay/procedure.h"

namespace assay {

struct ProblemOptions {
  double clip = 0;               // largest global L2 norm of a gradient; 0: no clipping
  bool bf16 = false;             // forward under bfloat16 autocast; weights stay float32
  bool allow_nonfinite = false;  // a NaN or infinite loss goes on
};

/// The Problem of a model and an objective on the batches of one step. Several batches are
/// gradient accumulation: each term's loss and gradient are means over its samples of all of them.
class BatchProblem final : public Problem {
 public:
  BatchProblem(Model& model, Objective& objective, const ProblemOptions& options);
  ~BatchProblem() override;

  /// Starts a step: `context.rng` is what every evaluation within it replays.
  void begin(std::vector<Batch> batches, const Context& context, double learning_rate_factor);

  const Tensors& parameters() const override;
  const std::vector<std::string>& terms() const override;
  const std::vector<int>& owners() const override;
  double learning_rate_factor() const override;
  const Rng& rng() const override;
  double largest_norm() const override;
  void report(std::string_view name, double value) override;
  double loss() override;
  std::vector<double> losses() override;
  Gradient raw_gradient() override;
  std::vector<Gradient> gradient_per_term() override;
  Gradient gradient_of_term(std::size_t index) override;
  Gradient weighted_gradient(const Weigh& weigh) override;
  std::vector<GroupGradient> gradient_per_group() override;
  Gradient group_weighted_gradient(const WeighGroups& weigh) override;
  std::vector<Part> split(std::int64_t samples) override;

  /// What was reported since the last call.
  struct Figure {
    double sum = 0;
    std::int64_t count = 0;
    void add(const Figure& more) {
      sum += more.sum;
      count += more.count;
    }
  };
  std::map<std::string, Figure> take_figures();

 private:
  struct Impl;
  explicit BatchProblem(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The batch on `device`; asynchronous from pinned memory.
Batch to_device(Batch batch, torch::Device device);

/// The order in which a training split is seen: a fresh permutation each epoch, drawn from
/// `rng.fork("shuffle").fork(epoch)`, in batches of `batch`, the last one of an epoch smaller.
class Batches {
 public:
  /// With `weights`, one a sample, an epoch is drawn with replacement in proportion to them.
  Batches(std::span<const std::int64_t> ids, std::int64_t batch, Rng rng,
          std::vector<double> weights = {});
  std::int64_t per_epoch() const;
  /// Ids of batch `index`, counted from the first epoch's first.
  std::vector<std::int64_t> at(std::int64_t index);

 private:
  std::span<const std::int64_t> ids_;
  std::int64_t batch_;
  Rng rng_;
  std::vector<double> weights_;
  std::int64_t epoch_ = -1;
  torch::Tensor order_;
};

/// Loads batch `index`, on the context's device. With `ahead` > 0, a thread loads that many
/// batches in advance, into pinned memory where the device is a GPU.
class Loader {
 public:
  Loader(std::shared_ptr<const Dataset> dataset, Batches batches, const Context& context,
         std::int64_t ahead);
  ~Loader();
  /// Fastest when called with 0, 1, 2, ... from any start.
  Batch at(std::int64_t index);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The model in eval mode for a while; afterwards, also when something throws, in the mode it was
/// in.
class EvalMode {
 public:
  explicit EvalMode(Model& model) : model_(model), was_training_(model.is_training()) {
    if (was_training_) model_.eval();
  }
  ~EvalMode() {
    if (was_training_) model_.train();
  }
  EvalMode(const EvalMode&) = delete;

 private:
  Model& model_;
  bool was_training_;
};

/// What a model does on a split.
struct Scores {
  std::int64_t count = 0;
  double loss = 0;      // mean negative log-likelihood in nats; squared error for regression
  double accuracy = 0;  // classification only; a refused sample is not a right one
  std::optional<std::int64_t> refused = {};  // samples, where the model says which it refuses
  torch::Tensor confusion;      // [classes, classes] int64, rows are true classes; of the answers
  torch::Tensor class_count;    // [classes] int64, refused ones included
  torch::Tensor group_count;    // [groups] int64
  torch::Tensor group_correct;  // [groups] int64

  std::optional<double> group_accuracy(std::int64_t group) const;  // nothing: it has no sample
  double worst_group() const;  // the smallest accuracy of a group that has samples
};

/// Runs `model` in eval mode, and leaves its mode as it was.
Scores evaluate(Model& model, const Dataset& dataset, Split split, std::int64_t batch,
                const Context& context);

/// accuracy and nll (or mse) as rows `split/...`; where the model may refuse samples, `coverage`,
/// the share that was not, and `selective_accuracy`, the accuracy on it; where there are groups,
/// each one's accuracy, their `average` weighted by their shares of the training split,
/// `worst_group` and `gap`, the average minus the worst; with `detail` also each class's accuracy
/// (its recall), their mean `balanced_accuracy`, and `macro_f1`, both over the classes that occur.
void report(Results& results, Split split, const Info& info, const Scores& scores, bool detail);

/// For each training sample (N / n)^power, n of N being of its group: power 1 draws all groups
/// alike often. Throws Error{kData} where the dataset has no groups.
std::vector<double> group_weights(const Dataset& dataset, double power);

/// The dataset with its training split cut to `ids`; all else is the same object's. With `weights`,
/// one an id, batches say how much each sample counts: the weights divided by their mean. Throws
/// Error{kData} for an id that is not in the split, and for weights that are negative, not finite,
/// all zero, or of an id that is there twice.
std::shared_ptr<Dataset> subset(std::shared_ptr<Dataset> dataset, std::vector<std::int64_t> ids,
                                std::vector<double> weights = {});

}  // namespace assay
