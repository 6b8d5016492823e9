// Step: the batches of one step, and how the objective is evaluated on them, exactly again.
#pragma once

#include <functional>
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
  std::vector<std::string> parameter_names;
  std::vector<int> owners;  // as Problem::owners()
  std::vector<Role> roles;  // as Problem::roles()
  BufferReplay buffers;
  Context context;
  Rng rng{0};
  double factor = 1;
  std::map<std::string, BatchProblem::Figure> figures;
  bool reported = false;  // the terms' values of this step
  bool checked = false;   // what the model gives

  StepSetting(Model& m, Objective& o, const ProblemOptions& opts);
  /// Checks what the model gives for a batch, and that it has something to train.
  void check_model(const Batch& batch);
  /// The batches as the objective prepares them, which leaves the buffers as they were.
  std::vector<Batch> prepared(std::vector<Batch> batches);
  /// Throws Error{kParameter} if the objective's terms are no means over samples; `what` is asked,
  /// and `instead` would be right.
  void check_decomposes(const std::string& what, const std::string& instead) const;
};

/// One batch's contribution to the loss of a term or group, whose loss is the sum of factor * value
/// over the step's batches.
struct Piece {
  std::size_t part;     // into the list of parts that are present
  torch::Tensor value;  // 0-dim, differentiable
  double factor;
  torch::Tensor loss() const { return factor == 1 ? value : value * factor; }
};

enum class Graph { kNone, kOne };  // whether evaluations are recorded by autograd

struct BatchProblem::Impl {
  std::shared_ptr<StepSetting> setting;
  std::vector<Batch> batches;
  std::int64_t samples = 0;
  std::size_t first = 0;                         // index of the first batch's random stream
  std::vector<std::vector<double>> shares = {};  // of each term, a batch; empty: all are 1

  const Tensors& parameters() const { return setting->parameters; }
  /// Checks the model in the first step, if the options have the dataset's Info.
  void check_once();
  /// Notes the parameters that the loss does not reach, which no step would change.
  void note_idle() const;
  /// Throws Error{kPlugin} if the loss is a constant, by which nothing could be learned.
  void check_depends(const torch::Tensor& loss) const;
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
  /// Whether the gradient is finite, or need not be.
  bool is_accepted(const Tensors& gradient) const;
  /// The gradient, if it is accepted.
  Tensors checked(Tensors gradient, const std::string& what) const;
  std::string name_of_term(std::size_t index) const {
    return "the term `" + setting->objective.terms().at(index) + "`";
  }
  /// A gradient of the whole loss, if it is accepted; otherwise the term is named that is to blame.
  Tensors checked_whole(Tensors gradient, const Batch& batch, std::size_t index) const;

  /// Calls body(batch, index) for each batch of the step, buffers replayed.
  template <class Body>
  void each(Graph graph, Body body) const {
    const torch::AutoGradMode grad(graph == Graph::kOne);
    const BufferReplay::Scope replay(setting->buffers);
    for (std::size_t i = 0; i < batches.size(); ++i) body(batches[i], first + i);
  }

  /// The parts that are present in the step, with index, samples and share.
  std::vector<Part> present(By by) const;
  std::string name_of(By by, const Part& part) const;
  /// Calls body(pieces) for each batch. If the objective gives no losses per sample, it is
  /// evaluated on each group by itself.
  void each_batch(By by, Graph graph, const std::vector<Part>& parts,
                  const std::function<void(const std::vector<Piece>&)>& body) const;
  void add_losses(By by, const std::vector<Piece>& pieces, std::vector<Part>& parts) const;
  void add_gradients(By by, const std::vector<Piece>& pieces, std::vector<Part>& parts) const;

  /// Reports the losses of terms, of a step's first evaluation.
  void report(const std::vector<Part>& terms) const;

 private:
  std::vector<Piece> pieces_of_terms(const Batch& batch, std::size_t index,
                                     const std::vector<Part>& parts) const;
  /// From the losses of the samples; nothing if a term of the objective does not give them.
  std::optional<std::vector<Piece>> pieces_of_groups(const Batch& batch, std::size_t index,
                                                     const std::vector<Part>& parts) const;
  /// Throws Error{kParameter} unless each term is a mean over all samples.
  void check_whole() const;
  /// From one evaluation per group.
  std::vector<Piece> pieces_by_evaluation(const Batch& batch, std::size_t index,
                                          const std::vector<Part>& parts) const;
};

/// Throws Error{kPlugin} unless the mean of Term::per_sample is the term's value.
void check_mean(const Objective& objective, std::size_t index, const Term& term);

/// The term with its weight; the sum of them.
torch::Tensor weighted(const Term& term);
torch::Tensor sum_of(const std::vector<Term>& terms);

}  // namespace assay
