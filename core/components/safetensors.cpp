// Tensors to and from the safetensors format: length, JSON header, raw little-endian data.
#include "assay/sdk/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "core/components/safetensors_header.h"

namespace assay {
namespace {

static_assert(std::endian::native == std::endian::little, "the data are copied as they are");
constexpr std::size_t kLengthBytes = sizeof(std::uint64_t);

[[noreturn]] void refuse_to_write(std::string_view name, const std::string& why) {
  throw Error(ErrorKind::kParameter, "tensor " + quote_name(name) + " " + why);
}

torch::Tensor plain(const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.defined()) refuse_to_write(name, "is undefined; leave it out");
  if (tensor.layout() != torch::kStrided) refuse_to_write(name, "is sparse; make it dense");
  if (safetensors_dtype(tensor.scalar_type()).empty())
    refuse_to_write(name, std::string("is ") + c10::toString(tensor.scalar_type()) +
                              ", a type that safetensors does not support; cast it");
  if (static_cast<std::size_t>(tensor.dim()) > kMaxDimensions)
    refuse_to_write(name, "has more than " + std::to_string(kMaxDimensions) + " dimensions");
  if (name == "__metadata__" || name.find('\0') != std::string::npos)
    refuse_to_write(name, "has a reserved name; rename it");
  return tensor.detach().cpu().contiguous();
}

std::string write_header(const TensorMap& tensors) {
  std::string text = "{";
  std::uint64_t at = 0;
  try {
    for (const auto& [name, tensor] : tensors) {
      const auto end = at + tensor.nbytes();
      const nlohmann::ordered_json entry{{"dtype", safetensors_dtype(tensor.scalar_type())},
                                         {"shape", tensor.sizes().vec()},
                                         {"data_offsets", {at, end}}};
      if (text.size() > 1) text += ',';
      text += nlohmann::json(name).dump();
      text += ':';
      text += entry.dump();
      at = end;
    }
    text += "}";
  } catch (const nlohmann::json::type_error&) {
    throw Error(ErrorKind::kParameter, "a tensor's name is not UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

torch::Tensor read_tensor(const TensorEntry& entry, std::string_view data,
                          std::string_view source) {
  // A byte that is neither 0 nor 1 would be an undefined bool.
  const auto bytes = data.substr(entry.begin, entry.end - entry.begin);
  if (entry.dtype == torch::kBool &&
      !std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0 || c == 1; }))
    throw Error(ErrorKind::kCorrupt, std::string(source) + ": tensor " + quote_name(entry.name) +
                                         " is BOOL and has a byte other than 0 and 1");
  auto tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
  if (!bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

std::string to_safetensors(const TensorMap& tensors) {
  TensorMap ready;
  for (const auto& [name, tensor] : tensors) ready.emplace(name, plain(name, tensor));
  const auto header = write_header(ready);
  if (header.size() > kMaxHeader || ready.size() > kMaxEntries)
    throw Error(ErrorKind::kParameter,
                std::to_string(ready.size()) + " tensors are too many for one file: at most " +
                    std::to_string(kMaxEntries) + ", and " + std::to_string(kMaxHeader) +
                    " bytes of header are accepted");
  std::size_t size = kLengthBytes + header.size();
  for (const auto& [name, tensor] : ready) size += tensor.nbytes();
  std::string bytes;
  bytes.reserve(size);
  const std::uint64_t length = header.size();
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes).append(header);
  for (const auto& [name, tensor] : ready)
    if (tensor.nbytes() > 0)
      bytes.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  return bytes;
}

TensorMap from_safetensors(std::string_view bytes, std::string_view source) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, std::string(source) + ": " + what);
  };
  if (bytes.size() < kLengthBytes)
    refuse(std::to_string(bytes.size()) + " bytes; a safetensors file has at least 8");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  bytes.remove_prefix(kLengthBytes);
  if (length > kMaxHeader)
    refuse("a header of " + std::to_string(length) + " bytes; at most " +
           std::to_string(kMaxHeader) + " are accepted: is it a safetensors file?");
  if (length > bytes.size())
    refuse("a header of " + std::to_string(length) + " bytes, but only " +
           std::to_string(bytes.size()) + " bytes follow");
  const auto data = bytes.substr(length);
  TensorMap tensors;
  for (const auto& entry : parse_safetensors_header(bytes.substr(0, length), data.size(), source))
    tensors.emplace(entry.name, read_tensor(entry, data, source));
  return tensors;
}

}  // namespace assay
