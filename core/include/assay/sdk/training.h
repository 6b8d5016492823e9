// Training: what procedures share: the problem of a step, the order of batches, subsets.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "assay/procedure.h"
#include "assay/transform.h"

namespace assay {

struct ProblemOptions {
  double clip = 0;               // largest L2 norm of a gradient, over all parameters; 0: no limit
  bool bf16 = false;             // runs the objective under bfloat16 autocast; weights stay float32
  bool allow_nonfinite = false;  // accepts NaN and infinite losses and gradients
  std::vector<std::string> groups = {};  // Info::groups, so that optimizers can name them
  /// Of the dataset: what the model gives is checked against it in the first step; null: it is not.
  const Info* info = nullptr;
};

/// The Problem of a model and an objective on the batches of one step. With several batches
/// (gradient accumulation), the loss and gradient of a term are means over its samples in all of
/// them. If a batch has weights, they are applied to Term::per_sample; a term without it then
/// throws Error{kParameter}. One object serves all steps of a training, on one thread.
class BatchProblem final : public Problem {
 public:
  /// `model` and `objective` must outlive the problem. The parameters are those that require a
  /// gradient now: freeze layers before.
  BatchProblem(Model& model, Objective& objective, const ProblemOptions& options);
  ~BatchProblem() override;

  /// Throws Error{kParameter} if a step is to have several batches and the objective does not
  /// decompose.
  void check_count(std::int64_t batches) const;

  /// Starts a step on `batches`, which are on the model's device, and prepares them. All
  /// evaluations of the step draw the same numbers from `context.rng`. Throws as check_count().
  void begin(std::vector<Batch> batches, const Context& context, double learning_rate_factor);

  /// Takes the step that was begun, and lets the objective finish it; returns optimizer.step().
  double step(Optimizer& optimizer);

  const Tensors& parameters() const override;
  const std::vector<std::string>& parameter_names() const override;
  const std::vector<int>& owners() const override;
  std::vector<Role> roles() const override;
  const std::vector<std::string>& names(By by) const override;
  double learning_rate_factor() const override;
  const Rng& rng() const override;
  double largest_norm() const override;
  void report(std::string_view name, double value) override;
  double loss() override;
  Gradient raw_gradient() override;
  std::vector<Part> losses(By by) override;
  std::vector<Part> gradients(By by) override;
  Part gradient_of(By by, std::int64_t index) override;
  Gradient weighted_gradient(By by, const Weigh& weigh) override;
  Tensors hessian_times(const Tensors& v) override;
  std::vector<Subproblem> split(std::int64_t samples) override;

  /// Sum and number of the values reported under one name.
  struct Figure {
    double sum = 0;
    std::int64_t count = 0;
    void add(const Figure& more) {
      sum += more.sum;
      count += more.count;
    }
  };
  /// Returns what has been reported since the last call, by name, and forgets it. With two terms or
  /// more it includes "term/<name>", the loss of each term at a step's first gradient of the whole
  /// loss or of terms.
  std::map<std::string, Figure> take_figures();

 private:
  struct Impl;
  explicit BatchProblem(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Copies the batch to `device`, asynchronously from pinned memory; on a CPU it returns the same
/// tensors.
Batch to_device(Batch batch, torch::Device device);

/// The samples of a batch, and a number per sample that no other draw of it has.
struct Drawn {
  std::vector<std::int64_t> ids, occurrences;
};

/// The order of the training samples: a new permutation per epoch, drawn from
/// `rng.fork("shuffle").fork(epoch)`, in batches of `batch` samples. The last batch of an epoch may
/// be smaller. Used by one thread at a time.
class Batches {
 public:
  /// The memory of `ids` must outlive the object. With `weights`, one per id, an epoch draws as
  /// many samples with replacement, in proportion to them. Throws Error{kData} if `ids` is empty or
  /// the numbers of ids and weights differ.
  Batches(std::span<const std::int64_t> ids, std::int64_t batch, Rng rng,
          std::vector<double> weights = {});
  std::int64_t per_epoch() const;  // batches
  /// Batch `index`, counted from 0 over all epochs. An occurrence is the epoch; if an epoch of N
  /// draws can have a sample several times, it is N * epoch plus the number of earlier draws of the
  /// sample in the epoch. Cheap within an epoch; a change of epoch draws a permutation.
  Drawn at(std::int64_t index);

 private:
  void enter(std::int64_t epoch);

  std::span<const std::int64_t> ids_;
  std::int64_t batch_;
  Rng rng_;
  std::vector<double> weights_;
  bool repeats_;  // whether an epoch may have a sample several times
  std::int64_t epoch_ = -1;
  torch::Tensor order_;
  std::vector<std::int64_t> earlier_;  // draws of the same sample, earlier in the epoch
};

struct LoaderOptions {
  std::int64_t ahead = 0;    // batches loaded in advance; 0: each when it is asked for
  std::int64_t threads = 1;  // that load in advance
  std::vector<std::shared_ptr<const Transform>> transforms = {};  // applied in this order
};

/// Loads batches, transforms them, and copies them onto the context's device; for a GPU from pinned
/// memory, if they are loaded in advance. The random streams of a batch depend on its samples and
/// its index only, so batches depend on neither `ahead` nor `threads`.
class Loader {
 public:
  Loader(std::shared_ptr<const Dataset> dataset, Batches batches, const Context& context,
         LoaderOptions options);
  ~Loader();
  /// Returns batch `index` of `batches`. Any index is accepted; consecutive ones profit from
  /// `ahead`. Throws what loading this batch has thrown. Call it from one thread.
  Batch at(std::int64_t index);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs the model once on `batch`, in eval mode, and throws Error{kShape} unless what it gives fits
/// the dataset: logits, if there are any, [B, classes] or [B, targets] floats, features [B, ...]
/// and abstentions [B]. BatchProblem does it in its first step.
void check_output(Model& model, const Batch& batch, const Info& info);

/// Whether the model gives logits for a sample of the split, on `device`; if not, the objective
/// alone can evaluate it. Throws as check_output().
bool gives_logits(const Parts& parts, Split split, torch::Device device);

/// `samples` of a split, in batches of `size`: the value of `field`, such as "procedure.batch".
struct BatchesToCome {
  Split split = Split::kTrain;
  std::int64_t samples = 0, size = 1;
  std::string field = {};
};

/// For Procedure::check(): Objective::check() with a few samples of the split, transformed, on
/// `device`. Throws what it throws, with the path "objective", and Error{kParameter} at the field
/// if a batch is smaller than Objective::smallest_batch().
void check_objective(const Parts& parts, const BatchesToCome& batches, torch::Device device,
                     const std::vector<std::shared_ptr<Transform>>& transforms = {});

/// check_objective() for a procedure that measures the objective and does not train. Throws
/// Error{kParameter} if the objective remembers.
void check_measured_objective(const Parts& parts, const BatchesToCome& batches);

/// Throws Error{kData} unless the ids of each split are ascending and no sample is in two splits.
/// The runner calls it for the dataset of a stage.
void check_ids(const Dataset& dataset);

/// Puts the model into eval mode for the lifetime of the object; the destructor restores the mode
/// of each module.
class EvalMode {
 public:
  explicit EvalMode(Model& model);
  ~EvalMode();
  EvalMode(const EvalMode&) = delete;

 private:
  Model& model_;
  bool was_training_;
  std::vector<std::pair<torch::nn::Module*, bool>> within_;  // a module before those within it
};

/// Sampling weights for Batches: (N / n)^power per training sample, where n of the N samples are in
/// its group. With power 1 all groups are drawn equally often, with 0 all samples. Throws
/// Error{kData} if the dataset has no groups.
std::vector<double> group_weights(const Dataset& dataset, double power);

/// `dataset` with its training split reduced to `ids`; everything else is unchanged, and ids keep
/// their values. With `weights`, one per id, Batch::weight is these weights divided by their mean.
/// An id may be repeated if there are no weights. Throws Error{kData} if `ids` is empty or has an
/// id that is not in the split; with weights, also if an id is repeated, if the numbers of ids and
/// weights differ, or if weights are negative, not finite or all zero.
std::shared_ptr<Dataset> subset(std::shared_ptr<Dataset> dataset, std::vector<std::int64_t> ids,
                                std::vector<double> weights = {});

}  // namespace assay
