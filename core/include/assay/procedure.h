// Procedure: what a stage does, one unit of work at a time. `train` is only the commonest of them.
#pragma once

#include <map>
#include <memory>

#include "assay/objective.h"
#include "assay/optimizer.h"

namespace assay {

/// What the stages before this one left, by stage name.
class Inputs {
 public:
  virtual ~Inputs();
  /// Artifact `name` of `stage`. Throws Error{kData} naming what that stage did leave.
  virtual TensorMap artifact(std::string_view stage, std::string_view name) const = 0;
  virtual std::vector<std::string> stages() const = 0;
  /// Which of them left an artifact `name`.
  virtual std::vector<std::string> with(std::string_view name) const = 0;
};

/// The components a manifest named. One is null only where the manifest left it out, and the
/// runner refuses the manifest if the procedure's `static Strings needs()` lists it.
struct Parts {
  std::shared_ptr<Model> model;
  std::shared_ptr<Dataset> dataset;
  std::shared_ptr<Objective> objective;
  std::shared_ptr<Optimizer> optimizer;
  std::map<std::string, std::shared_ptr<void>, std::less<>> others;  // further kinds, by kind
  std::shared_ptr<const Inputs> inputs;

  template <class I>
  std::shared_ptr<I> other() const {
    const auto it = others.find(I::kind);
    return it == others.end() ? nullptr : std::static_pointer_cast<I>(it->second);
  }
};

/// Where results go. Rows are synced before the checkpoint that follows them, and cut back to the
/// checkpoint's unit on resume: after a kill no row is lost and none is there twice.
class Results {
 public:
  virtual ~Results();
  virtual void metric(std::string_view name, double value) = 0;  // "split/metric"
  /// Tensors for later stages and for people: artifacts/<name>.safetensors, replaced if there.
  virtual void artifact(std::string_view name, const TensorMap& value) = 0;
  /// A text or picture for people: artifacts/<name>, `name` with its ending, replaced if there.
  virtual void document(std::string_view name, std::string_view bytes) = 0;
  /// Keeps the model as it is now: checkpoints/<name>/model.safetensors, replaced if there.
  virtual void keep_model(std::string_view name) = 0;
};

/// A resumable computation: training, a decision rule over logits, data selection, component
/// attribution, a stream of tasks. It holds no loop over its life, no files, no signal handling:
/// the runner calls advance(), and checkpoints, stops or is killed between two calls. What it
/// needs again after a resume it gives to save().
class Procedure : public Stateful {
 public:
  using Interface = Procedure;
  static constexpr std::string_view kind = "procedure";

  /// Units of work in all (steps, samples, tasks); the runner numbers them from 0.
  virtual std::int64_t units(const Parts& parts) const = 0;

  /// True once there is nothing left to do, though not all units are done (early stopping).
  virtual bool finished() const { return false; }

  /// Does unit `unit`. `context.rng` is the stream of the stage, the same in every unit: fork it
  /// by purpose and unit, so unit k draws the same whether or not the run was interrupted. Aim at
  /// well under ten seconds a unit.
  virtual void advance(std::int64_t unit, Parts& parts, const Context& context,
                       Results& results) = 0;
};

}  // namespace assay
