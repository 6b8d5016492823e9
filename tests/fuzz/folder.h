// Folder: a folder in memory, gone with the target.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace assay::fuzzing {

class Folder {
 public:
  Folder() {
    char name[] = "/dev/shm/assay-fuzz-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("no folder in /dev/shm");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace assay::fuzzing
