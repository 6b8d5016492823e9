// Asks assay-worker what plugin files offer.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay {

/// One JSON text a file: {"file", "build", "components"} or {"file", "refused"}. A file that the
/// worker said nothing of is refused.
std::map<std::string, std::string> probe_files(const std::filesystem::path& worker,
                                               const std::vector<std::filesystem::path>& files);

}  // namespace assay
