// Reading and writing tensors in the safetensors format, which cannot hold code.
#pragma once

#include <string>
#include <string_view>

#include "assay/state.h"

namespace assay {

/// The bytes of a safetensors file: names in sorted order, data aligned to 8 bytes. Equal maps give
/// equal bytes. Throws Error{kParameter} that names the tensor if one is undefined, sparse, of a
/// dtype that the format lacks, or has more than 64 dimensions or a reserved name; and for more
/// than 16,384 tensors or 16 MiB of header.
std::string to_safetensors(const TensorMap& tensors);

/// Parses `bytes` strictly: a header of at most 16 MiB, unique names, known dtypes, sizes that fit
/// the shapes, offsets sorted and contiguous from 0 to the end of the data. The tensors are on the
/// CPU and own their memory. Throws Error{kCorrupt} whose message begins with `source`, the name of
/// the file.
TensorMap from_safetensors(std::string_view bytes, std::string_view source);

}  // namespace assay
