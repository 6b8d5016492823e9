// State: what a component saves in a checkpoint and restores on resume.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <torch/types.h>

#include "assay/value.h"

namespace assay {

using Tensors = std::vector<torch::Tensor>;
using TensorMap = std::map<std::string, torch::Tensor>;

class Stateful;

/// Tensors are written to state.safetensors and scalars to state.json, under a prefix per
/// component, so names need to be unique only within the component. Tensors are held by reference,
/// not copied. On resume they are on the device of the trial.
class State {
 public:
  State() = default;
  /// As it was read from a checkpoint.
  State(TensorMap tensors, Values scalars);
  /// Whoever copies a State keeps all of it: every entry counts as read.
  State(const State& other);
  State& operator=(const State& other);
  State(State&&) = default;
  State& operator=(State&&) = default;
  ~State() = default;

  /// Throws Error{kPlugin} if there is an entry of that name already.
  void put(const std::string& name, const torch::Tensor& tensor);
  void put(const std::string& name, const Value& scalar);
  void put(const std::string& name, const Tensors& list) = delete;  // put_list()
  /// A list of tensors, as name.0, name.1, ... An empty list leaves no trace: list() returns an
  /// empty list for it, as for a name that was never put, and never throws.
  void put_list(const std::string& name, const Tensors& list);
  Tensors list(const std::string& name) const;

  /// Whether there is an entry of that name: for what is not always saved.
  bool has(const std::string& name) const;
  /// Throw Error{kCorrupt} that names the entry if it is missing or, for scalar(), of another type
  /// than T, which is one of the alternatives of Value. Valid as long as this State.
  const torch::Tensor& tensor(const std::string& name) const;
  template <class T>
  const T& scalar(const std::string& name) const {
    if (const T* found = std::get_if<T>(&value(name).variant())) return *found;
    other_type(name);
  }
  const Value& value(const std::string& name) const;

  /// Adds everything in `inner` under "<prefix>."; nested() returns it without the prefix.
  void put_nested(const std::string& prefix, const State& inner);
  void put_nested(const std::string& prefix, const Stateful& component);  // what save() writes
  State nested(const std::string& prefix) const;

  /// Everything, for whoever writes it to disk.
  const TensorMap& tensors() const { return tensors_; }
  const Values& scalars() const { return scalars_; }
  /// The entries that have been read neither here nor through nested(). The runner refuses a
  /// component whose load() leaves some: it would go on as if it had not saved them.
  std::vector<std::string> unread() const;

 private:
  [[noreturn]] static void other_type(const std::string& name);
  void expect_new(const std::string& name) const;
  void mark_read(const std::string& name) const { read_->insert(prefix_ + name); }
  void mark_all_read() const;

  TensorMap tensors_;
  Values scalars_;
  // Shared with what nested() returns, whose names stand in it with their prefix.
  std::shared_ptr<std::set<std::string>> read_ = std::make_shared<std::set<std::string>>();
  std::string prefix_;
};

/// A component with state. Stateless components keep these defaults. The runner saves between two
/// units, from the thread that calls advance().
class Stateful {
 public:
  virtual ~Stateful();
  /// Writes everything that the next unit needs and that the constructor does not restore.
  virtual void save(State&) const {}
  /// Restores what save() wrote, in a new object, before its first use. It reads every entry.
  /// Throws Error{kCorrupt} if one is missing or does not fit; the accessors of State throw it for
  /// missing entries.
  virtual void load(const State&) {}
};

}  // namespace assay
