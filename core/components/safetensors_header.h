// The header of a safetensors file, checked: what it promises about the bytes after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <torch/types.h>

namespace assay {

// Limits of ours, so that a small file can ask for little memory: header bytes, tensors (and
// entries of `__metadata__`), dimensions (ATen's own limit for most operators).
inline constexpr std::uint64_t kMaxHeader = std::uint64_t{16} << 20;
inline constexpr std::size_t kMaxEntries = 16'384;
inline constexpr std::size_t kMaxDimensions = 64;

struct TensorEntry {
  std::string name;
  torch::ScalarType dtype = torch::kFloat;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // bytes, from the end of the header
  std::uint64_t end = 0;
};

/// The dtype's name in the format; empty for one that the format has not.
std::string_view safetensors_dtype(torch::ScalarType dtype);

/// For messages: in quotes, ASCII, at most 60 bytes of it.
std::string quote_name(std::string_view name);

/// Parses and checks `header` against a buffer of `size` bytes. The entries come in the order of
/// their offsets and cover the buffer exactly. Throws Error{kCorrupt} that begins with `source`.
std::vector<TensorEntry> parse_safetensors_header(std::string_view header, std::uint64_t size,
                                                  std::string_view source);

}  // namespace assay
