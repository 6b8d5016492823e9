// One stat().
#include "runner/files/stamp.h"

#include <sys/stat.h>

#include <fmt/format.h>

namespace assay {

std::string stamp(const std::filesystem::path& file) {
  struct stat s = {};
  if (::stat(file.c_str(), &s) != 0) return "none";
  return fmt::format("{} {}.{:09} {}.{:09} {} {}", s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                     s.st_ctim.tv_sec, s.st_ctim.tv_nsec, s.st_ino, s.st_mode);
}

}  // namespace assay
