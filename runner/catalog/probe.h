// Asks assay-worker what plugin files offer.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay {

/// One JSON text a file: {"file", "build", "components"} or {"file", "refused"}; none for a file
/// whose probe was ended from outside. Throws Error{kPlugin} where the worker does not start.
std::map<std::string, std::string> probe_files(const std::filesystem::path& worker,
                                               const std::vector<std::filesystem::path>& files);

}  // namespace assay
