// Identity: what makes two stages, or two trials, the same.
#pragma once

#include "runner/manifest/trial.h"

namespace assay {

/// Fills in plugins, data, ids, recipes and those of `after`, in order; then the trial's id. Throws
/// Error{kData} where a path's bytes cannot be read.
void identify(Trial& trial, const Catalog& catalog);

/// The same for one stage whose `after` has its ids and recipes already.
void identify_stage(Stage& stage, const Catalog& catalog);

}  // namespace assay
