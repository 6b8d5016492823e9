// What the front end writes into a run folder before a worker starts, here or on a cluster.
#pragma once

#include "runner/schedule/provenance.h"
#include "runner/schedule/tasks.h"

namespace assay {

/// Creates `folder`. Throws Error{kIo}, with what to do, if that fails or if everybody may write
/// it.
void make_folder(const std::filesystem::path& folder);

/// Throws Error{kIo}, with what to do, if everybody may write `folder`.
void check_rights(const std::filesystem::path& folder);

/// Deletes the results of an earlier run of a stage, for --force.
void clear_run(StageOutcome& outcome);

/// Writes resolved.yaml. Called at every start, since limits may have changed.
void write_resolved(const Experiment& experiment, const Task& task);
/// Writes manifest.yaml and provenance.json. Called once per run.
void write_provenance(const Task& task, Provenance& provenance, int threads);

}  // namespace assay
