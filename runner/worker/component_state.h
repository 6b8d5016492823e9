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

/// Restores a component. Throws Error{kPlugin} if it does not read all of `state`; `name` is its
/// place in messages.
void load_component(Stateful& component, const std::string& name, const State& state);

/// Restores a model within the component `name` from what save_components() wrote of it.
void load_nested_model(Model& model, const std::string& name, const State& state);

}  // namespace assay
