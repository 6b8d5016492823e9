// MemoryFile: a file that lies in memory, for readers that take a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace assay::fuzzing {

class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("fuzz", 0)), path_("/proc/self/fd/" + std::to_string(fd_)) {
    if (fd_ < 0) throw std::runtime_error("no memory file can be made");
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;

  /// The path of a file with these bytes, until the next call.
  const std::filesystem::path& with(const std::uint8_t* data, std::size_t size) {
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, data, size, 0) != static_cast<ssize_t>(size))
      throw std::runtime_error("the memory file cannot be written");
    return path_;
  }

 private:
  int fd_;
  std::filesystem::path path_;
};

}  // namespace assay::fuzzing
