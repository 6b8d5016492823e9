#include "runner/files/build_id.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "runner/files/file_system.h"
#include "runner/files/hash.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr int kMost = 64;  // segments, and notes in each, that are looked at: there are a dozen

// A struct at `offset`, if the file reaches that far.
template <class T>
bool at(std::string_view bytes, std::uint64_t offset, T& to) {
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset) return false;
  std::memcpy(&to, bytes.data() + offset, sizeof(T));
  return true;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

// The build id in one segment of notes, or "".
std::string build_id_in(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  const auto padded = [](std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; };
  const auto end = offset + size;
  Elf64_Nhdr note;
  for (int k = 0; k < kMost && offset + sizeof note <= end && at(bytes, offset, note); ++k) {
    const auto name = offset + sizeof note, value = name + padded(note.n_namesz);
    if (value > bytes.size() || note.n_descsz > bytes.size() - value) return "";
    if (note.n_type == NT_GNU_BUILD_ID && bytes.substr(name, 4) == std::string_view("GNU\0", 4))
      return hex(bytes.substr(value, note.n_descsz));
    offset = value + padded(note.n_descsz);
  }
  return "";
}

// Where the libraries of an installation or a build folder lie.
std::vector<fs::path> library_folders(const fs::path& worker) {
  const auto above = fs::canonical(worker).parent_path().parent_path();
  return {above / ASSAY_LIBDIR, above / "lib"};
}

// "" if there is none.
std::string gnu_build_id(std::string_view bytes) {
  Elf64_Ehdr header;
  if (!at(bytes, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  for (int k = 0; k < std::min<int>(header.e_phnum, kMost); ++k) {
    Elf64_Phdr segment = {};
    at(bytes, header.e_phoff + static_cast<std::uint64_t>(k) * sizeof segment, segment);
    if (segment.p_type != PT_NOTE) continue;
    if (const auto id = build_id_in(bytes, segment.p_offset, segment.p_filesz); !id.empty())
      return id;
  }
  return "";
}

// Linkers put the notes at the start: every command of the front end reads these files.
std::string build_id_of_file(const fs::path& file) {
  std::string start(std::size_t{16} << 10, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  const auto id = gnu_build_id(start);
  return id.empty() ? build_id_of(read_file(file, kAnySize)) : id;
}

}  // namespace

std::string build_id_of(std::string_view bytes) {
  const auto id = gnu_build_id(bytes);
  return id.empty() ? sha256(bytes) : id;
}

std::map<std::string, std::string> core_builds(const fs::path& worker) {
  std::map<std::string, std::string> builds;
  builds["assay-worker"] = build_id_of_file(worker);
  for (const auto& folder : library_folders(worker))
    for (const char* name : {"libassay_base.so", "libassay_core.so", "libassay_cuda.so"})
      if (!builds.contains(name) && fs::exists(folder / name))
        builds[name] = build_id_of_file(folder / name);
  return builds;
}

Builds builds_of(const Builds& plugins, const Builds& core) {
  Builds all = core;
  for (const auto& [path, build] : plugins) all[fs::path(path).filename().string()] = build;
  return all;
}

std::vector<std::string> differing_builds(const Builds& a, const Builds& b) {
  std::set<std::string> files;
  for (const auto* some : {&a, &b})
    for (const auto& [file, build] : *some) {
      const auto one = a.find(file), other = b.find(file);
      if (one == a.end() || other == b.end() || one->second != other->second) files.insert(file);
    }
  return {files.begin(), files.end()};
}

}  // namespace assay
