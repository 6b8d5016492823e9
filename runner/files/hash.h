// SHA-256 (nettle), of bytes, files and folders.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

std::string sha256(std::string_view bytes);  // 64 hex digits

/// Fingerprint of what lies at `path`: of a file its bytes, of a folder the names and bytes of the
/// files in it, sorted. Remembered in XDG_CACHE_HOME/assay by path and stamp(), so a large data set
/// is read once. Throws Error{kData} where there is nothing to read.
std::string fingerprint(const std::filesystem::path& path);

}  // namespace assay
