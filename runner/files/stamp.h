// Stamp: what tells that a file is not the one it was.
#pragma once

#include <filesystem>
#include <string>

namespace assay {

/// Size, times, inode and mode, as text; "none" where there is no file.
std::string stamp(const std::filesystem::path& file);

}  // namespace assay
