#include "runner/files/rights.h"

#include <sys/stat.h>

namespace assay {

std::string open_to_all(const std::filesystem::path& path) {
  struct stat s = {};
  if (::stat(path.c_str(), &s) != 0 || (s.st_mode & S_IWOTH) == 0 || (s.st_mode & S_ISVTX) != 0)
    return "";
  return path.string() + ": is writable by everyone; remove that permission with chmod o-w";
}

}  // namespace assay
