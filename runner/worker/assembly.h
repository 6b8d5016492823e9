// Assembly: the components of a job, built from its plugins.
#pragma once

#include <memory>

#include "assay/registry.h"
#include "runner/protocol/job.h"
#include "runner/worker/earlier_stages.h"

namespace assay {

/// Everything a stage works with. `registry` outlives the parts.
struct Assembly {
  Registry registry;
  Parts parts;
  Parts taken;  // what the procedure sees: the kinds in its needs()
  std::shared_ptr<Procedure> procedure;
  /// The models within other components, in the order in which they were built, by the kind of the
  /// outermost of these. Their weights are saved as the model's are.
  std::map<std::string, std::vector<std::shared_ptr<Model>>> nested;
};

/// Loads the plugins and builds the parts: weights as `job.weights` says, the training split cut to
/// `job.subset`. The first weights of a model depend on the seed alone. The job must outlive it.
std::unique_ptr<Assembly> assemble(const Job& job, const Context& context, Earlier earlier);

}  // namespace assay
