// The few operations on which a promise about kills and full disks rests, and beneath them the
// system calls, so that a test can make any of these fail or lose what was not synced.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "assay/error.h"

namespace assay {

/// A full disk or quota: whoever can wait until there is room does.
class DiskFull final : public Error {
 public:
  using Error::Error;
  DiskFull(const DiskFull&) = default;
  ~DiskFull() override;
};

/// The kind of that error in a worker's last event: its front end pauses.
inline constexpr const char* kDiskFull = "disk_full";

/// Error{kIo} of "<path>: cannot be <what>: <reason>" for an errno; DiskFull where it is one.
[[noreturn]] void fail_io(const std::filesystem::path& path, std::string_view what, int code);

/// Every operation throws as fail_io() does, and is carried on after a short write or a signal.
class FileSystem {
 public:
  using Path = std::filesystem::path;
  virtual ~FileSystem();

  /// A new file, or one that is emptied; on the disk when this returns.
  void write_synced(const Path& file, std::string_view bytes);
  void rename(const Path& from, const Path& to);
  /// Gives two paths each other's contents in one step; false where the file system cannot.
  bool exchange(const Path& one, const Path& other);
  void link(const std::string& target, const Path& place);  // a symbolic link
  /// With its parents, each synced into the one above.
  void make_folders(const Path& folder);
  void sync_folder(const Path& folder);
  /// Of a file, a link, a folder with all that is in it, or nothing.
  void remove_all(const Path& path);
  bool try_remove(const Path& path);  // of one that may stay where that fails

 private:
  friend class AppendedFile;
  int open(const Path& path, int flags);
  void write(const Path& file, int fd, std::string_view& bytes);  // takes from the front
  void sync(const Path& path, int fd);

 protected:
  // Each returns what the system call returns, and sets errno.
  virtual int call_open(const Path& path, int flags);
  virtual ssize_t call_write(int fd, const char* bytes, std::size_t size);
  virtual int call_truncate(int fd, off_t size);
  virtual int call_sync(int fd);
  virtual int call_close(int fd);
  virtual int call_rename(const Path& from, const Path& to);
  virtual int call_exchange(const Path& one, const Path& other);
  virtual int call_link(const std::string& target, const Path& place);
  virtual int call_make_folder(const Path& folder);
  virtual int call_remove(const Path& path);
};

/// The real one, or the one a test has put in its place.
FileSystem& file_system();
/// For tests: replaces the file system until called with null.
void use_file_system(FileSystem* other);

/// A file that grows, and is held open.
class AppendedFile {
 public:
  /// Opened, or made and synced into its folder.
  explicit AppendedFile(std::filesystem::path file);
  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  void cut(std::uintmax_t size);
  /// Takes from the front of `bytes` what it has written, also where it throws.
  void append(std::string& bytes);
  void sync();

 private:
  std::filesystem::path file_;
  int fd_ = -1;
};

/// Whole or not at all: written beside, synced, renamed, folder synced.
void write_atomically(const std::filesystem::path& file, std::string_view bytes);

inline constexpr std::uintmax_t kMaxText = std::uintmax_t{64} << 20;  // bytes that people write
inline constexpr std::uintmax_t kAnySize = UINTMAX_MAX;               // for tensors and programs
/// Throws Error{kIo}, and Error{kCorrupt} where it is larger: no more than that is taken in.
std::string read_file(const std::filesystem::path& file, std::uintmax_t most = kMaxText);

}  // namespace assay
