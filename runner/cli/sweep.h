// What run, resume and plan share.
#pragma once

#include "runner/cli/experiments.h"

namespace assay::cli {

/// Flags of the verbs that run.
void add_sweep_flags(boost::program_options::options_description& flags);

/// Runs one experiment after the other, shows progress, writes the report, prints the answer.
int sweep(const Call& call, const std::vector<Asked>& all, bool force);

/// Prints what running it would do.
int plan(const Call& call, const Catalog& catalog, const Asked& asked);

}  // namespace assay::cli
