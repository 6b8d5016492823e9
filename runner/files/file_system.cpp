// The real file system: every write is checked, synced, and named in its error.
#include "runner/files/file_system.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "assay/error.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* what, int code) {
  const std::string reason =
      code == ENOSPC || code == EDQUOT
          ? "the disk is full; make room, then `assay resume` goes on from the last checkpoint"
          : std::strerror(code);
  throw Error(ErrorKind::kIo, path.string() + ": cannot be " + what + ": " + reason);
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail(path, "opened", errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class RealFileSystem final : public FileSystem {
 public:
  void write_synced(const fs::path& file, std::string_view bytes) override {
    const Descriptor fd(file, O_WRONLY | O_CREAT | O_TRUNC);
    while (!bytes.empty()) {
      const auto n = ::write(fd.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(file, "written", errno);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(fd.get()) != 0) fail(file, "synced", errno);
  }

  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      fail(from, ("renamed to " + to.string()).c_str(), errno);
  }

  void sync_folder(const fs::path& folder) override {
    const Descriptor fd(folder, O_RDONLY | O_DIRECTORY);
    if (::fsync(fd.get()) != 0 && errno != EINVAL) fail(folder, "synced", errno);
  }

  void remove_all(const fs::path& path) override {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) fail(path, "removed", error.value());
  }
};

FileSystem* replaced = nullptr;

}  // namespace

FileSystem::~FileSystem() = default;

FileSystem& file_system() {
  static RealFileSystem real;
  return replaced != nullptr ? *replaced : real;
}

void use_file_system(FileSystem* other) {
  replaced = other;
}

void write_atomically(const fs::path& file, std::string_view bytes) {
  const fs::path beside = file.string() + ".tmp" + std::to_string(::getpid());
  auto& files = file_system();
  try {
    files.write_synced(beside, bytes);
    files.rename(beside, file);
  } catch (const Error&) {
    std::error_code ignored;  // half of it would fill a full disk further
    fs::remove(beside, ignored);
    throw;
  }
  files.sync_folder(file.has_parent_path() ? file.parent_path() : fs::path("."));
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  if (in) bytes << in.rdbuf();
  if (!in || (bytes.fail() && fs::file_size(file) > 0))
    fail(file, "read", errno == 0 ? EIO : errno);
  return bytes.str();
}

}  // namespace assay
