// Assembly: the components of a job, built from its plugins.
#pragma once

#include <memory>

#include "assay/registry.h"
#include "runner/protocol/job.h"

namespace assay {

/// Everything a stage works with. `registry` outlives the parts.
struct Assembly {
  Registry registry;
  Parts parts;
  Parts taken;  // what the procedure sees: the kinds in its needs()
  std::shared_ptr<Procedure> procedure;
};

/// Loads the plugins and builds the parts: weights from `job.weights`, the training split cut to
/// `job.subset`. The model's first weights depend on the seed alone.
std::unique_ptr<Assembly> assemble(const Job& job, const Context& context);

/// The model's parameters and buffers by name, and back. Throws Error{kCorrupt} naming the first
/// tensor that is missing, superfluous or of another shape; `source` names the file.
TensorMap weights_of(const Model& model);
void set_weights(Model& model, const TensorMap& weights, const std::string& source);

}  // namespace assay
