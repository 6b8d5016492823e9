// State: what a component must remember across a kill.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

#include "assay/value.h"

namespace assay {

using Tensors = std::vector<torch::Tensor>;
using TensorMap = std::map<std::string, torch::Tensor>;

class Stateful;

/// Tensors go to state.safetensors, scalars to state.json, under the component's own prefix.
struct State {
  TensorMap tensors;
  Values scalars;

  void put(const std::string& name, const Tensors& list);  // name.0, name.1, ...
  Tensors list(const std::string& name) const;             // empty where there is none

  /// Throw Error{kCorrupt} naming what is missing.
  const torch::Tensor& tensor(const std::string& name) const;
  template <class T>
  const T& scalar(const std::string& name) const {
    if (const T* found = std::get_if<T>(&value(name).variant())) return *found;
    other_type(name);
  }
  const Value& value(const std::string& name) const;

  /// A nested component's state: everything of `inner` under `prefix.`, and back.
  void put_nested(const std::string& prefix, const State& inner);
  void put_nested(const std::string& prefix, const Stateful& component);  // what it saves
  State nested(const std::string& prefix) const;

 private:
  [[noreturn]] static void other_type(const std::string& name);
};

/// A component with something to remember. Stateless ones keep the defaults.
class Stateful {
 public:
  virtual ~Stateful();
  virtual void save(State&) const {}
  /// Restores what save() wrote. Throws Error{kCorrupt} on a missing name or another shape.
  virtual void load(const State&) {}
};

}  // namespace assay
