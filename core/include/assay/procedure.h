// Procedure: the work of a stage, one unit at a time. Training is one procedure among others.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <type_traits>

#include "assay/inputs.h"
#include "assay/objective.h"
#include "assay/optimizer.h"
#include "assay/schema.h"

namespace assay {

/// Throws Error{kPlugin}: the procedure uses a part that its needs() does not name, or one that it
/// names as "kind?" and that the manifest omits.
[[noreturn]] void refuse_part(std::string_view kind);

/// A component that a procedure takes, as a shared pointer whose use is an Error and no crash if
/// there is none.
template <class I>
class Taken {
 public:
  Taken() = default;
  Taken(std::nullptr_t) {}
  template <class T>
  requires std::is_convertible_v<T*, I*> Taken(std::shared_ptr<T> part) : part_(std::move(part)) {}

  I* operator->() const { return &**this; }
  I& operator*() const {
    if (part_ == nullptr) refuse_part(I::kind);
    return *part_;
  }
  I* get() const { return part_.get(); }
  explicit operator bool() const { return part_ != nullptr; }
  bool operator==(std::nullptr_t) const { return part_ == nullptr; }
  template <class T>
  requires std::is_convertible_v<I*, T*>
  operator std::shared_ptr<T>() const { return part_; }

 private:
  std::shared_ptr<I> part_;
};

/// The components of a stage that its procedure takes: those of the kinds in its `static Strings
/// needs()`. A manifest that omits one of them is refused, so they need no check; one that is
/// declared as "kind?" is null if the manifest omits it.
/// The runner owns the components for the whole stage.
struct Parts {
  Taken<Model> model;
  Taken<Dataset> dataset;
  Taken<Objective> objective;
  Taken<Optimizer> optimizer;
  /// Components of other kinds: what points at the interface, and the version of that.
  struct Other {
    std::shared_ptr<void> made;
    std::string version;
  };
  std::map<std::string, Other, std::less<>> others;
  std::shared_ptr<const Inputs> inputs;
  /// In Procedure::check(): the training split will be a part of the dataset's, which an earlier
  /// stage is to select.
  bool subset_to_come = false;

  /// The component of kind I::kind in `others`; null if the manifest omits it. Throws as
  /// expect_version().
  template <class I>
  std::shared_ptr<I> other() const {
    const auto it = others.find(I::kind);
    if (it == others.end()) return nullptr;
    expect_version(I::kind, version_of<I>(), it->second.version);
    return std::static_pointer_cast<I>(it->second.made);
  }
};

/// Receives the results of a stage. Rows are written to disk before the next checkpoint, and rows
/// after the checkpoint are removed on resume, so that after a kill no row is lost or duplicated.
/// Artifacts, documents and kept models are written at once and atomically; a resumed stage writes
/// them again. Their names may have letters, digits, `_`, `-` and `.`, not start with `.`, and not
/// be "last": else Error{kPlugin}. Used from the thread that calls advance().
class Results {
 public:
  virtual ~Results();
  /// Adds a row at the current unit. `name` is "split/metric", such as "test/accuracy".
  virtual void metric(std::string_view name, double value) = 0;
  /// Writes artifacts/<name>.safetensors, for later stages and other programs; replaces it if it
  /// exists. Errors as to_safetensors().
  virtual void artifact(std::string_view name, const TensorMap& value) = 0;
  /// Writes a text or picture to artifacts/<name>, where `name` has an extension; replaces it.
  virtual void document(std::string_view name, std::string_view bytes) = 0;
  /// Writes the current weights to checkpoints/<name>/model.safetensors; replaces it. The stage
  /// must have a model.
  virtual void keep_model(std::string_view name) = 0;
};

/// A resumable computation: training, evaluation, data selection, a stream of tasks. It has no main
/// loop, no files and no signal handling: the runner calls advance() once per unit, on one thread,
/// and checkpoints or stops between two calls. save() writes what the next unit needs. A procedure
/// that takes other kinds of component declares `static Strings needs()`, in the words of
/// Entry::needs; by default it needs model, dataset, objective and optimizer.
class Procedure : public Stateful {
 public:
  using Interface = Procedure;
  static constexpr std::string_view kind = "procedure";

  /// Called before any stage is run, in a process that runs none: it may freeze the model, say.
  /// Models have their first weights, and data are those of the manifest. Not called if a component
  /// needs an artifact of an earlier stage to be built. Throws Error if the work will not be
  /// possible, so that nothing is trained in vain; its path is that of the stage, such as
  /// "procedure.metrics".
  virtual void check(const Parts&) const {}

  /// Total number of units (steps, batches, tasks); they are numbered from 0. The runner calls it
  /// once, after load().
  virtual std::int64_t units(const Parts& parts) const = 0;

  /// True if no work is left although units remain, as after early stopping. Called before each
  /// unit; it must survive save() and load().
  virtual bool finished() const { return false; }

  /// Does unit `unit`. `context.rng` is the stream of the trial, the same in every unit: fork it by
  /// purpose and unit, so that unit k draws the same numbers in a resumed run. A unit should take
  /// less than ten seconds, because the runner can stop only between units. An exception ends the
  /// trial: Error{kNumeric} as diverged, any other as failed.
  virtual void advance(std::int64_t unit, Parts& parts, const Context& context,
                       Results& results) = 0;
};

}  // namespace assay
