// Written beside, synced, renamed; read only where every hash agrees.
#include "runner/files/checkpoint.h"

#include <algorithm>
#include <exception>
#include <vector>

#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/hash.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "unit-";
constexpr std::size_t kKept = 2;

void write_files(const fs::path& folder, const Files& files) try {
  auto& disk = file_system();
  disk.remove_all(folder);
  disk.make_folders(folder);
  Json hashes = Json::object();
  for (const auto& [name, bytes] : files) {
    disk.write_synced(folder / name, bytes);
    hashes[name] = sha256(bytes);
  }
  disk.write_synced(folder / "files.json", hashes.dump(1) + "\n");
  disk.sync_folder(folder);
} catch (const Error&) {
  try {
    file_system().remove_all(folder);  // half of it would fill a full disk further
  } catch (const std::exception&) {    // the first mishap is the one to tell
  }
  throw;
}

// (unit, folder), the newest first.
std::vector<std::pair<std::int64_t, fs::path>> complete(const fs::path& parent) {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  if (!fs::is_directory(parent)) return found;
  for (const auto& entry : fs::directory_iterator(parent)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || entry.is_symlink() || !name.starts_with(kPrefix)) continue;
    try {
      found.emplace_back(std::stoll(name.substr(kPrefix.size())), entry.path());
    } catch (const std::exception&) {
      continue;  // a folder that somebody else put there
    }
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

// Nothing was written under a name that is too long to be one.
bool is_there(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return true;
  if (error && error != std::errc::filename_too_long) fail_io(file, "looked for", error.value());
  return false;
}

// Throws Error{kCorrupt} for what is not what was written, Error{kIo} for what cannot be read now.
Files read_checked(const fs::path& folder) try {
  if (!is_there(folder / "files.json"))
    throw Error(ErrorKind::kCorrupt, (folder / "files.json").string() + ": is missing");
  const auto hashes = Json::parse(read_file(folder / "files.json"));
  Files files;
  for (const auto& [name, hash] : hashes.items()) {
    if (fs::path(name).filename() != name || name == "..")
      throw Error(ErrorKind::kCorrupt,
                  folder.string() + ": files.json names a file outside this folder");
    if (!is_there(folder / name))
      throw Error(ErrorKind::kCorrupt, (folder / name).string() + ": is missing");
    files[name] = read_file(folder / name, kAnySize);
    if (sha256(files[name]) != hash.get<std::string>())
      throw Error(ErrorKind::kCorrupt,
                  (folder / name).string() + ": its contents changed after it was written");
  }
  return files;
} catch (const Json::exception& error) {
  throw Error(ErrorKind::kCorrupt, (folder / "files.json").string() + ": " + error.what());
}

void remove_leftovers(const fs::path& parent) {
  if (!fs::is_directory(parent)) return;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(parent))
    if (entry.path().filename().string().starts_with(".tmp-")) leftovers.push_back(entry.path());
  for (const auto& path : leftovers) file_system().remove_all(path);
}

void point(const fs::path& parent, const std::string& target) {
  const auto beside = parent / ".tmp-last";
  auto& disk = file_system();
  disk.remove_all(beside);
  disk.link(target, beside);
  disk.rename(beside, parent / "last");
}

}  // namespace

void write_checkpoint(const fs::path& parent, const Checkpoint& checkpoint) {
  auto& disk = file_system();
  disk.make_folders(parent);
  const std::string name = std::string(kPrefix) + std::to_string(checkpoint.unit);
  const auto beside = parent / (".tmp-" + name);
  write_files(beside, checkpoint.files);
  if (fs::exists(parent / name)) {  // one that was passed over for its hashes
    const auto aside = parent / (".tmp-old-" + name);
    disk.remove_all(aside);
    disk.rename(parent / name, aside);
  }
  disk.rename(beside, parent / name);
  point(parent, name);
  disk.sync_folder(parent);
  remove_leftovers(parent);
  std::size_t kept = 0;
  for (const auto& [unit, folder] : complete(parent))  // later units were passed over: not whole
    if (unit > checkpoint.unit || ++kept > kKept) disk.remove_all(folder);
}

std::optional<Checkpoint> read_checkpoint(const fs::path& parent,
                                          const std::function<void(const std::string&)>& note) {
  std::exception_ptr unreadable;
  for (const auto& [unit, folder] : complete(parent)) {
    try {
      return Checkpoint{unit, read_checked(folder)};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorrupt) unreadable = std::current_exception();
      note("checkpoint skipped: " + std::string(error.what()));
    }
  }
  // What cannot be read now may be whole: to begin anew would cut the rows and replace it.
  if (unreadable) std::rethrow_exception(unreadable);
  return std::nullopt;
}

void point_last(const fs::path& parent, std::int64_t unit) {
  const std::string name = std::string(kPrefix) + std::to_string(unit);
  std::error_code error;
  if (fs::read_symlink(parent / "last", error) == name) return;
  point(parent, name);
  file_system().sync_folder(parent);
}

void write_named(const fs::path& parent, const std::string& name, const Files& files) {
  auto& disk = file_system();
  disk.make_folders(parent);
  const auto beside = parent / (".tmp-" + name);
  write_files(beside, files);
  if (!fs::exists(parent / name)) {
    disk.rename(beside, parent / name);
  } else if (disk.exchange(beside, parent / name)) {
    disk.remove_all(beside);
  } else {  // a file system that cannot exchange: between the two lines there is none
    disk.remove_all(parent / name);
    disk.rename(beside, parent / name);
  }
  disk.sync_folder(parent);
}

}  // namespace assay
