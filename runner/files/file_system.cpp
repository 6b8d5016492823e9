// Every call is checked, and named in its error. What the calls themselves do is at the end.
#include "runner/files/file_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace assay {
namespace {

namespace fs = std::filesystem;

FileSystem* replaced = nullptr;

// A signal is no reason to fail.
template <class Call>
auto uninterrupted(Call call) {
  for (;;)
    if (const auto answer = call(); answer >= 0 || errno != EINTR) return answer;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

DiskFull::~DiskFull() = default;

void fail_io(const fs::path& path, std::string_view what, int code) {
  const std::string text = path.string() + ": cannot be " + std::string(what) + ": ";
  if (code == ENOSPC || code == EDQUOT) throw DiskFull(ErrorKind::kIo, text + "the disk is full");
  throw Error(ErrorKind::kIo, text + std::strerror(code));
}

FileSystem::~FileSystem() = default;

FileSystem& file_system() {
  static FileSystem real;
  return replaced != nullptr ? *replaced : real;
}

void use_file_system(FileSystem* other) {
  replaced = other;
}

int FileSystem::open(const Path& path, int flags) {
  const int fd = uninterrupted([&] { return call_open(path, flags); });
  if (fd < 0) fail_io(path, "opened", errno);
  return fd;
}

void FileSystem::sync(const Path& path, int fd) {
  if (uninterrupted([&] { return call_sync(fd); }) != 0) fail_io(path, "synced", errno);
}

void FileSystem::write(const Path& file, int fd, std::string_view& bytes) {
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] { return call_write(fd, bytes.data(), bytes.size()); });
    if (n < 0) fail_io(file, "written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void FileSystem::write_synced(const Path& file, std::string_view bytes) {
  const int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    write(file, fd, bytes);
    sync(file, fd);
  } catch (const Error&) {
    call_close(fd);
    throw;
  }
  if (call_close(fd) != 0 && errno != EINTR) fail_io(file, "closed", errno);
}

void FileSystem::rename(const Path& from, const Path& to) {
  if (call_rename(from, to) != 0) fail_io(from, "renamed to " + to.string(), errno);
}

bool FileSystem::exchange(const Path& one, const Path& other) {
  if (call_exchange(one, other) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) return false;
  fail_io(one, "exchanged with " + other.string(), errno);
}

void FileSystem::link(const std::string& target, const Path& place) {
  if (call_link(target, place) != 0) fail_io(place, "linked", errno);
}

void FileSystem::make_folders(const Path& folder) {
  if (fs::is_directory(folder)) return;
  const Path above = folder_of(folder);
  if (above != folder) make_folders(above);
  if (call_make_folder(folder) != 0 && errno != EEXIST) fail_io(folder, "created", errno);
  sync_folder(above);
}

void FileSystem::sync_folder(const Path& folder) {
  const int fd = open(folder, O_RDONLY | O_DIRECTORY);
  try {
    sync(folder, fd);
  } catch (const Error&) {
    const int code = errno;
    call_close(fd);
    if (code != EINVAL) throw;  // on some file systems folders cannot be synced
    return;
  }
  call_close(fd);
}

bool FileSystem::try_remove(const Path& path) {
  return call_remove(path) == 0 || errno == ENOENT;
}

void FileSystem::remove_all(const Path& path) {
  const auto type = fs::symlink_status(path).type();
  if (type == fs::file_type::not_found) return;
  if (type == fs::file_type::directory)
    for (const auto& entry : fs::directory_iterator(path)) remove_all(entry.path());
  if (!try_remove(path)) fail_io(path, "removed", errno);
}

AppendedFile::AppendedFile(fs::path file) : file_(std::move(file)) {
  auto& disk = file_system();
  const bool fresh = !fs::exists(file_);
  fd_ = disk.open(file_, O_WRONLY | O_CREAT | O_APPEND);
  if (!fresh) return;
  try {
    disk.sync_folder(folder_of(file_));
  } catch (const Error&) {
    disk.call_close(fd_);
    throw;
  }
}

AppendedFile::~AppendedFile() {
  file_system().call_close(fd_);
}

void AppendedFile::cut(std::uintmax_t size) {
  const auto call = [&] { return file_system().call_truncate(fd_, static_cast<off_t>(size)); };
  if (uninterrupted(call) != 0) fail_io(file_, "truncated", errno);
}

void AppendedFile::append(std::string& bytes) {
  std::string_view rest = bytes;
  try {
    file_system().write(file_, fd_, rest);
  } catch (const Error&) {
    bytes.erase(0, bytes.size() - rest.size());
    throw;
  }
  bytes.clear();
}

void AppendedFile::sync() {
  file_system().sync(file_, fd_);
}

void write_atomically(const fs::path& file, std::string_view bytes) {
  const fs::path beside = file.string() + ".tmp" + std::to_string(::getpid());
  auto& disk = file_system();
  try {
    disk.write_synced(beside, bytes);
    disk.rename(beside, file);
  } catch (const Error&) {
    disk.try_remove(beside);  // half of it would fill a full disk further
    throw;
  }
  disk.sync_folder(folder_of(file));
}

std::string read_file(const fs::path& file, std::uintmax_t most) {
  std::error_code none;
  if (fs::is_directory(file, none)) fail_io(file, "read", EISDIR);
  std::ifstream in(file, std::ios::binary);
  if (!in) fail_io(file, "read", errno);
  std::string bytes;
  if (const auto size = fs::file_size(file, none); !none && size <= most) bytes.reserve(size);
  std::array<char, 1 << 16> part;
  while (in.read(part.data(), part.size()), in.gcount() > 0) {
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > most)
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("{}: is larger than {} MiB", file.string(), most >> 20));
  }
  if (in.bad()) fail_io(file, "read", errno == 0 ? EIO : errno);
  return bytes;
}

int FileSystem::call_open(const Path& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0644);
}
ssize_t FileSystem::call_write(int fd, const char* bytes, std::size_t size) {
  return ::write(fd, bytes, size);
}
int FileSystem::call_truncate(int fd, off_t size) {
  return ::ftruncate(fd, size);
}
int FileSystem::call_sync(int fd) {
  return ::fsync(fd);
}
int FileSystem::call_close(int fd) {
  return ::close(fd);
}
int FileSystem::call_rename(const Path& from, const Path& to) {
  return ::rename(from.c_str(), to.c_str());
}
int FileSystem::call_exchange(const Path& one, const Path& other) {
  return ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
}
int FileSystem::call_link(const std::string& target, const Path& place) {
  return ::symlink(target.c_str(), place.c_str());
}
int FileSystem::call_make_folder(const Path& folder) {
  return ::mkdir(folder.c_str(), 0755);
}
int FileSystem::call_remove(const Path& path) {
  return ::remove(path.c_str());
}

}  // namespace assay
