// Experiments by their folders, which need nothing but themselves.
#pragma once

#include "runner/cli/experiments.h"

namespace assay::cli {

/// The experiments of the folders in call.words (<runs>/<name>, or <runs>/<name>/<id> for one stage
/// and what it builds upon), those of one experiment together; with --manifest-version, one
/// version. Throws Error{kIo} for another folder.
std::vector<Asked> experiments_in_folders(const Call& call);

/// Complains of trials that were taken from another experiment whose folder is gone.
void complain_of_lost_trials(const Call& call, const Asked& asked);

void add_version_flag(boost::program_options::options_description& flags);

}  // namespace assay::cli
