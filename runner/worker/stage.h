// Stage: one procedure from its last checkpoint to its end, in a folder of its own.
#pragma once

#include "runner/protocol/job.h"
#include "runner/worker/events.h"

namespace assay {

/// Returns the worker's exit code. Everything that goes wrong is caught here, written to
/// status.json and told to `events`.
int run_stage(const Job& job, Events& events);

}  // namespace assay
