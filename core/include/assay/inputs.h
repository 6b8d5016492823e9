// Inputs: what the earlier stages left for a stage.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/model.h"

namespace assay {

/// The model with which an earlier stage ended.
struct EarlierModel {
  /// On the device of this stage, in eval mode, and without gradients. It is not saved with this
  /// stage, since it lies on disk already: what changes it must save that.
  std::shared_ptr<Model> model;
  Info info;  // of the data that it was built for
};

/// Of the stages that this stage names in `after:`. Everything is read from disk when it is asked
/// for. Tensors lie on the CPU.
class Inputs {
 public:
  virtual ~Inputs();
  /// Artifact `name` of `stage`. Throws Error{kData} if this stage does not come after `stage`, or
  /// if that stage left no such artifact; the message lists what it left.
  virtual TensorMap artifact(std::string_view stage, std::string_view name) const = 0;
  /// The parameters and buffers of the model with which `stage` ended, by name: for load_weights().
  /// Throws Error{kData} if this stage does not come after `stage`, or if that has no model.
  virtual TensorMap weights(std::string_view stage) const = 0;
  /// The model of `stage`, built anew in each call as that stage built it, with its final weights.
  /// `stage` must be named by a field of the component: see Schema::stage(), kFinalWeights and
  /// kPosterior. Throws Error{kData} as weights().
  virtual EarlierModel model(std::string_view stage) const = 0;
  virtual std::vector<std::string> stages() const = 0;  // names, in alphabetical order
  /// Names of the stages that left an artifact `name`.
  virtual std::vector<std::string> stages_with_artifact(std::string_view name) const = 0;
};

}  // namespace assay
