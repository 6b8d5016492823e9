// Build ids: which build of a program or library computes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace assay {

/// The GNU build id in an ELF file's bytes, in hex; without one, their SHA-256.
std::string build_id_of(std::string_view bytes);

/// The build ids of `worker` and of the libassay_* that it maps, by file name ("assay-worker",
/// "libassay_core.so"): what computes beside the plugins. Throws Error{kIo} if the worker cannot be
/// read.
std::map<std::string, std::string> core_builds(const std::filesystem::path& worker);

}  // namespace assay
