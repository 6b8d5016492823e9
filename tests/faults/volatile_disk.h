// The real file system, with a memory of what a power cut may take back.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "runner/files/file_system.h"

namespace assay::testing {

/// Writes down every call that changes something below `root`, which must be empty at first. In
/// place of the real one while it lives.
class VolatileDisk final : public FileSystem {
 public:
  explicit VolatileDisk(Path root);
  ~VolatileDisk() override;

  /// Calls so far.
  std::size_t calls() const { return journal_.size(); }
  /// What may lie on the disk after a power cut that came when `calls` were done, made in `into`:
  /// what was synced is there; of the rest each change, or each after some moment, may be missing,
  /// and of a write any number of bytes, or zeros in their place.
  void cut_power(std::size_t calls, std::mt19937& draw, const Path& into) const;

 private:
  using Inode = std::int64_t;
  enum class Kind { kName, kWrite, kTruncate, kSync };
  struct Change {
    Kind kind;
    Inode inode;  // of the file written, or the folder whose names change
    std::string name = {};
    std::string other = {};  // another name that changes with it
    Inode entry = 0;         // what `name` stands for from now on; 0: nothing
    Inode other_entry = 0;
    std::string bytes = {};
    std::size_t at = 0;
  };
  struct Thing {
    bool folder = false;
    std::string target;  // of a link
  };
  class Replay;

  Inode of(const Path& path) const;
  void name(const Path& path, Inode entry);
  std::vector<bool> kept(std::size_t calls, std::mt19937& draw) const;

  int call_open(const Path& path, int flags) override;
  ssize_t call_write(int fd, const char* bytes, std::size_t size) override;
  int call_truncate(int fd, off_t size) override;
  int call_sync(int fd) override;
  int call_close(int fd) override;
  int call_rename(const Path& from, const Path& to) override;
  int call_exchange(const Path& one, const Path& other) override;
  int call_link(const std::string& target, const Path& place) override;
  int call_make_folder(const Path& folder) override;
  int call_remove(const Path& path) override;

  Path root_;
  std::vector<Thing> things_;                               // by inode; 0 is nothing, 1 the root
  std::map<std::pair<Inode, std::string>, Inode> entries_;  // as a reader sees them now
  std::map<Inode, std::size_t> sizes_;
  std::map<int, Inode> open_;
  std::vector<Change> journal_;
};

}  // namespace assay::testing
