// The state of all components of a stage, in and out of a checkpoint.
#pragma once

#include "assay/state.h"
#include "runner/worker/assembly.h"

namespace assay {

/// Adds what each component saves, under its kind, and the weights of the models within them.
void save_components(const Assembly& assembly, const Job& job, State& into);

/// Restores it. Throws Error{kPlugin} for a component that does not read all that it saved: it
/// would go on as if it were new.
void load_components(Assembly& assembly, const Job& job, const State& saved);

}  // namespace assay
