// Rights: who else may write what Assay is about to trust.
#pragma once

#include <filesystem>
#include <string>

namespace assay {

/// The sentence that refuses `path` because everybody may write it, or "". A folder with the sticky
/// bit, such as /tmp, lets nobody touch what is others'.
std::string open_to_all(const std::filesystem::path& path);

}  // namespace assay
