// Runs a command line as a person would, and keeps what it said.
#pragma once

#include <filesystem>
#include <string>

namespace assay::testing {

struct Said {
  int code = 0;  // exit code, or 128 + signal
  std::string out, err;
};

/// Through /bin/sh. The programs of this build are first in PATH.
Said shell(const std::string& command);

/// A new empty folder, removed when the object goes.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

std::string slurp(const std::filesystem::path& file);

}  // namespace assay::testing
