// What the front end writes into a run folder before a worker, here or on a cluster, has it.
#pragma once

#include "runner/schedule/provenance.h"
#include "runner/schedule/tasks.h"

namespace assay {

/// Throws Error{kIo} with what to do where it cannot be made, or everybody may write it.
void make_folder(const std::filesystem::path& folder);

/// Throws Error{kIo} with what to do where everybody may write it.
void check_rights(const std::filesystem::path& folder);

/// Takes away what says that a stage has been run, for --force.
void forget(StageOutcome& outcome);

/// resolved.yaml, each time: limits may have changed.
void resolve(const Experiment& experiment, const Task& task);
/// manifest.yaml and provenance.json, once.
void describe(const Experiment& experiment, const Task& task, const Provenance& provenance,
              int threads);

}  // namespace assay
