// The real file system, but for its k-th call, or all from it on.
#pragma once

#include <cerrno>

#include "runner/files/file_system.h"

namespace assay::testing {

struct Fault {
  const char* name;
  int code;         // errno; 0: a short write, in place of any other call nothing
  bool only_syncs;  // whether the other calls work
};

inline constexpr Fault kFaults[] = {{"EIO", EIO, false},
                                    {"ENOSPC", ENOSPC, false},
                                    {"EINTR", EINTR, false},
                                    {"short write", 0, false},
                                    {"failed fsync", EIO, true}};

/// In place of the real one while it lives.
class FaultyDisk final : public FileSystem {
 public:
  /// Calls are counted from 1. EINTR comes once at a time, or nothing would ever end.
  FaultyDisk(Fault fault, int at, bool for_ever) : fault_(fault), at_(at), for_ever_(for_ever) {
    use_file_system(this);
  }
  /// Nothing fails, and nothing waits for the disk.
  FaultyDisk() : FaultyDisk(kFaults[0], 0, false) {}
  ~FaultyDisk() override { use_file_system(nullptr); }
  /// Whether call `at` was reached.
  bool reached() const { return count_ >= at_; }

 private:
  bool strikes(bool is_sync = false) {
    if (fault_.only_syncs && !is_sync) return false;
    ++count_;
    if (!for_ever_) return count_ == at_;
    return count_ >= at_ && (fault_.code != EINTR || (count_ - at_) % 2 == 0);
  }
  enum class Kind { kMayWait, kSync, kName };  // a name changes at once, or not at all: no EINTR
  template <class Call>
  int call(Kind kind, Call real) {
    if (!strikes(kind == Kind::kSync) || fault_.code == 0) return real();
    if (fault_.code == EINTR && kind == Kind::kName) return real();
    errno = fault_.code;
    return -1;
  }

  int call_open(const Path& path, int flags) override {
    return call(Kind::kMayWait, [&] { return FileSystem::call_open(path, flags); });
  }
  ssize_t call_write(int fd, const char* bytes, std::size_t size) override {
    if (!strikes()) return FileSystem::call_write(fd, bytes, size);
    if (fault_.code == 0) return FileSystem::call_write(fd, bytes, (size + 1) / 2);
    FileSystem::call_write(fd, bytes, fault_.code == EINTR ? 0 : size / 2);
    errno = fault_.code;
    return -1;
  }
  int call_truncate(int fd, off_t size) override {
    return call(Kind::kMayWait, [&] { return FileSystem::call_truncate(fd, size); });
  }
  int call_sync(int) override {  // what a sync does cannot be seen without a power cut
    return call(Kind::kSync, [] { return 0; });
  }
  int call_rename(const Path& from, const Path& to) override {
    return call(Kind::kName, [&] { return FileSystem::call_rename(from, to); });
  }
  int call_exchange(const Path& one, const Path& other) override {
    return call(Kind::kName, [&] { return FileSystem::call_exchange(one, other); });
  }
  int call_link(const std::string& target, const Path& place) override {
    return call(Kind::kName, [&] { return FileSystem::call_link(target, place); });
  }
  int call_make_folder(const Path& folder) override {
    return call(Kind::kName, [&] { return FileSystem::call_make_folder(folder); });
  }
  int call_remove(const Path& path) override {
    return call(Kind::kName, [&] { return FileSystem::call_remove(path); });
  }

  Fault fault_;
  int at_, count_ = 0;
  bool for_ever_;
};

}  // namespace assay::testing
