// Bytes only: a plugin of another LibTorch would fail to load before it could tell its tag.
#include "runner/worker/plugin_file.h"

#include <elf.h>

#include <cctype>
#include <cstring>

#include "assay/error.h"
#include "runner/files/build_id.h"
#include "runner/files/file_system.h"

namespace assay {
namespace {

// A struct at `offset`, if the file reaches that far.
template <class T>
bool at(const std::string& bytes, std::uint64_t offset, T& to) {
  if (offset > bytes.size() || sizeof(T) > bytes.size() - offset) return false;
  std::memcpy(&to, bytes.data() + offset, sizeof(T));
  return true;
}

Elf64_Ehdr header_of(const std::string& bytes) {
  Elf64_Ehdr header;
  if (!at(bytes, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    refuse_plugin("is not an ELF file; build a shared library with assay_add_plugin()");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 ||
      header.e_type != ET_DYN)
    refuse_plugin("is not a shared library for x86-64; build it on such a machine");
  return header;
}

// Whether the file is as long as its own headers say; a shorter one would end a loader by SIGBUS.
bool is_whole(const std::string& bytes, const Elf64_Ehdr& header) {
  const auto reaches = [&](std::uint64_t offset, std::uint64_t size) {
    return offset <= bytes.size() && size <= bytes.size() - offset;
  };
  for (int k = 0; k < header.e_phnum; ++k) {
    Elf64_Phdr segment;
    if (!at(bytes, header.e_phoff + static_cast<std::uint64_t>(k) * sizeof segment, segment) ||
        !reaches(segment.p_offset, segment.p_filesz))
      return false;
  }
  return header.e_shoff == 0 ||
         reaches(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize);
}

bool is_of_a_tag(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view(" =._+-").find(c) != std::string_view::npos;
}

// The whole tag that starts at `start`, or "".
std::string tag_at(const std::string& bytes, std::size_t start) {
  constexpr std::size_t kLongest = 1000;
  auto end = start + 1;
  while (end < bytes.size() && end - start < kLongest && is_of_a_tag(bytes[end])) ++end;
  return end < bytes.size() && bytes[end] == '>' ? bytes.substr(start, end - start + 1) : "";
}

std::string tag_of(const std::string& bytes) {
  const std::string_view opening = "<assay-abi ";
  std::string tag;
  bool any = false;
  for (auto start = bytes.find(opening); start != std::string::npos;
       start = bytes.find(opening, start + 1)) {
    any = true;
    const auto found = tag_at(bytes, start);
    if (!tag.empty() && !found.empty() && found != tag)
      refuse_plugin("has two Assay ABI tags, " + tag + " and " + found +
                    "; rebuild all of its sources together");
    if (!found.empty()) tag = found;
  }
  if (tag.empty())
    refuse_plugin(
        std::string(any ? "has an unterminated Assay ABI tag" : "has no Assay ABI tag") +
        "; end it with ASSAY_PLUGIN(registry) { ... } and build it with assay_add_plugin()");
  return tag;
}

}  // namespace

void refuse_plugin(const std::string& why) {
  throw Error(ErrorKind::kPlugin, why);
}

PluginFile read_plugin_file(const std::filesystem::path& file) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none)) refuse_plugin("is not a readable file");
  const std::string bytes = read_file(file, kAnySize);
  const auto header = header_of(bytes);
  if (!is_whole(bytes, header)) refuse_plugin("is a truncated ELF file; build or copy it again");
  return {tag_of(bytes), build_id_of(bytes)};
}

}  // namespace assay
