// Asks assay-worker what plugin files offer.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/protocol/probe_answer.h"

namespace assay {

/// One answer a file; none for a file whose probe was ended from outside. Throws Error{kPlugin} if
/// the worker does not start.
std::vector<ProbeAnswer> probe_files(const std::filesystem::path& worker,
                                     const std::vector<std::filesystem::path>& files);

}  // namespace assay
