#include "assay/sdk/training.h"

namespace assay {

EvalMode::EvalMode(Model& model) : model_(model), was_training_(model.is_training()) {
  for (const auto& module : model.modules(/*include_self=*/false))
    within_.emplace_back(module.get(), module->is_training());
  model_.eval();
}

// A module before those within it, since train() is for all of them.
EvalMode::~EvalMode() {
  model_.train(was_training_);
  for (const auto& [module, was_training] : within_)
    if (module->is_training() != was_training) module->train(was_training);
}

}  // namespace assay
