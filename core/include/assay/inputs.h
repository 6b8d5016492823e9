// Inputs: what the earlier stages left for a stage.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/state.h"

namespace assay {

/// Of the stages that this stage names in `after:`. Everything is read from disk when it is asked
/// for, and lies on the CPU.
class Inputs {
 public:
  virtual ~Inputs();
  /// Artifact `name` of `stage`. Throws Error{kData} if this stage does not come after `stage`, or
  /// if that stage left no such artifact; the message lists what it left.
  virtual TensorMap artifact(std::string_view stage, std::string_view name) const = 0;
  /// The parameters and buffers of the model with which `stage` ended, by name: for load_weights().
  /// Throws Error{kData} if this stage does not come after `stage`, or if that has no model.
  virtual TensorMap weights(std::string_view stage) const = 0;
  virtual std::vector<std::string> stages() const = 0;  // names, in alphabetical order
  /// Names of the stages that left an artifact `name`.
  virtual std::vector<std::string> stages_with_artifact(std::string_view name) const = 0;
};

}  // namespace assay
