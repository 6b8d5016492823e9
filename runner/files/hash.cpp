// SHA-256 of bytes, and of data that is remembered by what the file system says of it.
#include "runner/files/hash.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <nettle/sha2.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/stamp.h"
#include "runner/system/user_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

class Sha256 {
 public:
  Sha256() { sha256_init(&state_); }
  void add(std::string_view bytes) {
    sha256_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  }
  std::string hex() {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
    sha256_digest(&state_, digest.size(), digest.data());
    std::string text;
    for (const auto byte : digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  sha256_ctx state_;
};

std::string hash_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorKind::kData, file.string() + ": cannot be read; make it readable");
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0)
    hash.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
  return hash.hex();
}

fs::path cache_file() {
  return user_folder("XDG_CACHE_HOME", ".cache") / "fingerprints.json";
}

// Fingerprints by path, each with the stamp it was taken at. What cannot be read or written is no
// error: the data are then read again.
class Cache {
 public:
  static Cache& instance() {
    static Cache cache;
    return cache;
  }
  std::string of(const fs::path& file) {
    const auto now = stamp(file);
    auto& entry = entries_[fs::absolute(file).string()];
    if (entry.is_array() && entry.size() == 2 && entry[0] == now) return entry[1];
    const auto hash = hash_file(file);
    entry = {now, hash};
    save();
    return hash;
  }

 private:
  Cache() {
    entries_ = nlohmann::json::object();
    std::ifstream in(cache_file());
    if (!in) return;
    auto read = nlohmann::json::parse(in, nullptr, false);
    if (read.is_object()) entries_ = std::move(read);
  }
  void save() const {
    try {
      fs::create_directories(cache_file().parent_path());
      write_atomically(cache_file(), entries_.dump());
    } catch (const std::exception&) {
      return;
    }
  }

  nlohmann::json entries_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string fingerprint(const fs::path& path) {
  if (fs::is_regular_file(path)) return Cache::instance().of(path);
  if (!fs::is_directory(path))
    throw Error(ErrorKind::kData, path.string() + ": is missing, expected a file or a folder");
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(path, fs::directory_options::follow_directory_symlink))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Sha256 hash;
  for (const auto& file : files)
    hash.add(file.lexically_relative(path).string() + '\0' + Cache::instance().of(file) + '\n');
  return hash.hex();
}

}  // namespace assay
