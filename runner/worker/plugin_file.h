// What can be read off a plugin's file without loading it: ELF, ABI tag, build id.
#pragma once

#include <filesystem>
#include <string>

namespace assay {

struct PluginFile {
  std::string tag;    // text of ASSAY_ABI_TAG as the plugin was compiled
  std::string build;  // GNU build id in hex, or, without one, the SHA-256 of the file
};

/// Throws Error{kPlugin} with `why`, which continues a sentence that begins with the file's name.
[[noreturn]] void refuse_plugin(const std::string& why);

/// Throws Error{kPlugin}: not there, no shared object of this machine, no tag.
PluginFile read_plugin_file(const std::filesystem::path& file);

}  // namespace assay
