// A file's bytes.
#pragma once

#include <filesystem>
#include <string>

namespace assay {

/// All of the file. Throws Error{kData} that names it if it cannot be read.
std::string read_bytes(const std::filesystem::path& file);

}  // namespace assay
