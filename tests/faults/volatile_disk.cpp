#include "tests/faults/volatile_disk.h"

#include <fcntl.h>

#include <fstream>
#include <stdexcept>

namespace assay::testing {

namespace fs = std::filesystem;

VolatileDisk::VolatileDisk(Path root) : root_(std::move(root)), things_{{}, {true, ""}} {
  use_file_system(this);
}

VolatileDisk::~VolatileDisk() {
  use_file_system(nullptr);
}

VolatileDisk::Inode VolatileDisk::of(const Path& path) const {
  Inode at = 1;
  for (const auto& step : path.lexically_relative(root_)) {
    if (step == ".") continue;
    const auto it = entries_.find({at, step.string()});
    if (it == entries_.end()) return 0;
    at = it->second;
  }
  return at;
}

void VolatileDisk::name(const Path& path, Inode entry) {
  const Inode folder = of(path.parent_path());
  const std::string word = path.filename().string();
  entries_[{folder, word}] = entry;
  journal_.push_back({Kind::kName, folder, word, "", entry});
}

int VolatileDisk::call_open(const Path& path, int flags) {
  const int fd = FileSystem::call_open(path, flags);
  if (fd < 0) return fd;
  if ((flags & O_CREAT) != 0 && of(path) == 0) {
    things_.push_back({});
    name(path, static_cast<Inode>(things_.size()) - 1);
  } else if ((flags & O_TRUNC) != 0) {
    journal_.push_back({Kind::kTruncate, of(path)});
    sizes_[of(path)] = 0;
  }
  open_[fd] = of(path);
  return fd;
}

ssize_t VolatileDisk::call_write(int fd, const char* bytes, std::size_t size) {
  const auto n = FileSystem::call_write(fd, bytes, size);
  if (n <= 0) return n;
  const Inode file = open_.at(fd);
  Change change{Kind::kWrite, file};
  change.bytes.assign(bytes, static_cast<std::size_t>(n));
  change.at = sizes_[file];
  sizes_[file] += change.bytes.size();
  journal_.push_back(std::move(change));
  return n;
}

int VolatileDisk::call_truncate(int fd, off_t size) {
  Change change{Kind::kTruncate, open_.at(fd)};
  change.at = sizes_[change.inode] = static_cast<std::size_t>(size);
  journal_.push_back(std::move(change));
  return FileSystem::call_truncate(fd, size);
}

int VolatileDisk::call_sync(int fd) {
  journal_.push_back({Kind::kSync, open_.at(fd)});
  return 0;
}

int VolatileDisk::call_close(int fd) {
  open_.erase(fd);
  return FileSystem::call_close(fd);
}

// Within one folder, as all of ours are: one change of two names.
int VolatileDisk::call_rename(const Path& from, const Path& to) {
  if (from.parent_path() != to.parent_path()) throw std::logic_error("renamed across folders");
  const Inode moved = of(from);
  name(to, moved);
  journal_.back().other = from.filename().string();
  entries_.erase({of(from.parent_path()), from.filename().string()});
  return FileSystem::call_rename(from, to);
}

int VolatileDisk::call_exchange(const Path& one, const Path& other) {
  const Inode first = of(one), second = of(other);
  name(one, second);
  journal_.back().other = other.filename().string();
  journal_.back().other_entry = first;
  entries_[{of(other.parent_path()), other.filename().string()}] = first;
  return FileSystem::call_exchange(one, other);
}

int VolatileDisk::call_link(const std::string& target, const Path& place) {
  things_.push_back({false, target});
  name(place, static_cast<Inode>(things_.size()) - 1);
  return FileSystem::call_link(target, place);
}

int VolatileDisk::call_make_folder(const Path& folder) {
  things_.push_back({true, ""});
  name(folder, static_cast<Inode>(things_.size()) - 1);
  return FileSystem::call_make_folder(folder);
}

int VolatileDisk::call_remove(const Path& path) {
  name(path, 0);
  entries_.erase({of(path.parent_path()), path.filename().string()});
  return FileSystem::call_remove(path);
}

// A change is safe once its file or folder was synced after it; of the others, half of the time
// all up to some moment are kept, as a journal does, else each by a coin.
std::vector<bool> VolatileDisk::kept(std::size_t calls, std::mt19937& draw) const {
  std::vector<bool> kept(calls);
  std::map<Inode, bool> synced;
  const bool in_order = draw() % 2 == 0;
  const std::size_t moment = draw() % (calls + 1);
  for (std::size_t k = calls; k-- > 0;) {
    const Change& change = journal_[k];
    if (change.kind == Kind::kSync) synced[change.inode] = true;
    kept[k] = synced[change.inode] || (in_order ? k < moment : draw() % 2 == 0);
  }
  return kept;
}

class VolatileDisk::Replay {
 public:
  Replay(const VolatileDisk& disk, std::mt19937& draw) : disk_(disk), draw_(draw) {}

  void apply(const Change& change, bool safe) {
    auto& bytes = bytes_[change.inode];
    if (change.kind == Kind::kTruncate) bytes.resize(change.at);
    if (change.kind == Kind::kName) rename(change);
    if (change.kind != Kind::kWrite) return;
    std::string part = change.bytes;
    if (!safe && draw_() % 2 == 0) part.resize(draw_() % (part.size() + 1));
    if (!safe && draw_() % 4 == 0) part.assign(part.size(), '\0');
    if (bytes.size() < change.at) bytes.resize(change.at);
    bytes.replace(change.at, std::min(part.size(), bytes.size() - change.at), part);
  }

  void make(const Path& into, Inode folder = 1) const {
    fs::create_directories(into);
    for (const auto& [key, inode] : entries_) {
      if (key.first != folder || inode == 0) continue;
      const Thing& thing = disk_.things_[static_cast<std::size_t>(inode)];
      const auto place = into / key.second;
      if (thing.folder) {
        make(place, inode);
      } else if (!thing.target.empty()) {
        fs::create_symlink(thing.target, place);
      } else {
        const auto it = bytes_.find(inode);
        std::ofstream(place, std::ios::binary) << (it == bytes_.end() ? "" : it->second);
      }
    }
  }

 private:
  void rename(const Change& change) {
    if (!change.other.empty()) entries_[{change.inode, change.other}] = change.other_entry;
    entries_[{change.inode, change.name}] = change.entry;
  }

  const VolatileDisk& disk_;
  std::mt19937& draw_;
  std::map<std::pair<Inode, std::string>, Inode> entries_;
  std::map<Inode, std::string> bytes_;
};

void VolatileDisk::cut_power(std::size_t calls, std::mt19937& draw, const Path& into) const {
  const auto keep = kept(calls, draw);
  Replay replay(*this, draw);
  std::map<Inode, std::size_t> last_sync;
  for (std::size_t k = 0; k < calls; ++k)
    if (journal_[k].kind == Kind::kSync) last_sync[journal_[k].inode] = k + 1;
  for (std::size_t k = 0; k < calls; ++k)
    if (keep[k]) replay.apply(journal_[k], k < last_sync[journal_[k].inode]);
  replay.make(into);
}

}  // namespace assay::testing
