// The user's folders of the XDG Base Directory Specification.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace assay {

/// $<variable>/assay, or ~/<standard>/assay where it is not set; the folder may be missing. Without
/// $HOME, ~ is the root folder: never the working folder, which may be somebody else's.
inline std::filesystem::path user_folder(const char* variable, const char* standard) {
  const char* set = std::getenv(variable);
  if (set != nullptr && *set != '\0') return std::filesystem::path(set) / "assay";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/") / standard / "assay";
}

}  // namespace assay
