// The few operations on which a promise about kills and full disks rests, behind one interface so
// that a test can make any of them fail.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

class FileSystem {
 public:
  virtual ~FileSystem();
  virtual void write_synced(const std::filesystem::path& file, std::string_view bytes) = 0;
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
  virtual void remove_all(const std::filesystem::path& path) = 0;
};

/// The real one, or the one a test has put in its place. Every failure is an Error{kIo} that names
/// the path and the system's reason, and for a full disk says so.
FileSystem& file_system();
/// For tests: replaces the file system until called with null.
void use_file_system(FileSystem* other);

/// Whole or not at all: written beside, synced, renamed, folder synced.
void write_atomically(const std::filesystem::path& file, std::string_view bytes);
std::string read_file(const std::filesystem::path& file);  // throws Error{kIo}

}  // namespace assay
