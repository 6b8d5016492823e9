// Trials of a sweep that have no run folder yet.
#pragma once

#include "runner/cli/experiments.h"

namespace assay::cli {

/// Adds to `asked`, which was read from the run folders below `folder`, the trials that its
/// manifest asks for and that were never started. A manifest that is gone, or is not what it was
/// when the runs were made, adds nothing.
void add_unstarted(Asked& asked, const std::filesystem::path& folder, const Catalog& catalog);

}  // namespace assay::cli
