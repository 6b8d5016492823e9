// Step: the batches of one step, and how the objective is evaluated on them, exactly again.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "assay/sdk/training.h"
#include "core/problem/buffer_replay.h"

namespace assay {

/// What the parts of a split batch share with the whole.
struct StepSetting {
  Model& model;
  Objective& objective;
  ProblemOptions options;
  Tensors parameters;
  std::vector<int> owners;  // as Problem::owners()
  BufferReplay buffers;
  Context context;
  Rng rng{0};
  double factor = 1;
  std::map<std::string, BatchProblem::Figure> figures;
  bool reported = false;  // the terms' values of this step

  StepSetting(Model& m, Objective& o, const ProblemOptions& opts);
};

/// A group of a step, and what its samples count together: their number, where none is weighed.
struct WeighedGroup {
  GroupLoss group;
  double mass = 0;
};

struct BatchProblem::Impl {
  std::shared_ptr<StepSetting> setting;
  std::vector<Batch> batches;
  std::int64_t samples = 0;
  std::size_t first = 0;                         // index of the first batch's random stream
  std::vector<std::vector<double>> shares = {};  // of each term, a batch; empty: all are 1

  const Tensors& parameters() const { return setting->parameters; }
  double share(const Batch& batch) const {
    return static_cast<double>(batch.size()) / static_cast<double>(samples);
  }
  /// How many samples each term is the mean of, over all batches of the step.
  std::vector<double> term_samples() const;
  /// The part of each term's mean over `all` of these samples that is `batch`'s own.
  std::vector<double> shares_of(const Batch& batch, const std::vector<double>& all) const;

  /// The objective on `batch`, with the random numbers that belong to batch `index` of the step.
  std::vector<Term> forward(const Batch& batch, std::size_t index) const;
  /// The same, each term with the share that this batch has in its mean over the step's batches.
  std::vector<Term> part(const Batch& batch, std::size_t index) const;
  Term part_of_term(std::size_t term, const Batch& batch, std::size_t index) const;

  /// The loss or a term as a number; throws Error{kNumeric} naming it where it is not finite.
  double checked(const torch::Tensor& value, const std::string& what) const;
  std::vector<double> checked_terms(const std::vector<Term>& terms) const;
  /// The gradient, if it is finite.
  Tensors checked(Tensors gradient, const std::string& what) const;
  std::string name_of_term(std::size_t index) const {
    return "the term `" + setting->objective.terms().at(index) + "`";
  }
  /// A gradient of the whole loss, if it is finite; otherwise the term is named that is to blame.
  Tensors checked_whole(Tensors gradient, const Batch& batch, std::size_t index) const;

  /// Calls body(batch, index) for each batch of the step, gradients on, buffers replayed.
  template <class Body>
  void each(Body body) const {
    const torch::AutoGradMode grad(true);
    const BufferReplay::Scope replay(setting->buffers);
    for (std::size_t i = 0; i < batches.size(); ++i) body(batches[i], first + i);
  }

  /// The loss of each sample, [B]; undefined where a term of the objective does not say.
  torch::Tensor sample_losses(const Batch& batch, std::size_t index) const;
  /// gradient_per_group(); if `by_sample`, from each sample's loss where that is given.
  std::vector<GroupGradient> per_group(bool by_sample) const;
  /// group_weighted_gradient() where the objective gives each sample's loss; otherwise nothing.
  std::optional<Gradient> weighted_by_sample(const WeighGroups& weigh) const;
  void add_losses(std::map<std::int64_t, WeighedGroup>& groups, const torch::Tensor& each_sample,
                  const Batch& batch) const;

  /// Reports the terms' values, of a step's first evaluation.
  void report(const std::vector<double>& terms) const;
};

/// sum += (loss, gradient).
void add(Gradient& sum, double loss, Tensors gradient);

/// The term with its weight; the sum of them.
torch::Tensor weighted(const Term& term);
torch::Tensor sum_of(const std::vector<Term>& terms);

}  // namespace assay
