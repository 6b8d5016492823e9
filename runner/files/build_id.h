// Build ids: which build of a program or library computes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The GNU build id in an ELF file's bytes, in hex; without one, their SHA-256.
std::string build_id_of(std::string_view bytes);

/// The build ids of `worker` and of the libassay_* that it maps, by file name ("assay-worker",
/// "libassay_core.so"): what computes beside the plugins. Throws Error{kIo} if the worker cannot be
/// read.
std::map<std::string, std::string> core_builds(const std::filesystem::path& worker);

using Builds = std::map<std::string, std::string>;  // by file name

/// Of the plugins, which are given by path, and of the core.
Builds builds_of(const Builds& plugins, const Builds& core);
/// The names of the files that are in one of them alone, or have another build in each.
std::vector<std::string> differing_builds(const Builds& a, const Builds& b);

}  // namespace assay
