// --data OLD=NEW: where data lies that has been moved.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "runner/cli/verb.h"

namespace assay::cli {

/// Old and new places, absolute; none for a verb without the flag. Throws UsageError for a word of
/// another form, and for a new place that does not exist.
std::vector<std::pair<std::filesystem::path, std::filesystem::path>> named_moves(const Call& call);

void add_moves_flag(boost::program_options::options_description& flags);

}  // namespace assay::cli
