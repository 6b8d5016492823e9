// Tensors as safetensors bytes: no code in them, and nothing trusted before it is checked.
#pragma once

#include <string>
#include <string_view>

#include "assay/state.h"

namespace assay {

/// Names in sorted order, data aligned to 8 bytes, tensors copied to the CPU. The same map gives
/// the same bytes. Throws Error{kParameter} for a dtype that safetensors has not.
std::string to_safetensors(const TensorMap& tensors);

/// Strict: header of at most 16 MiB, no duplicate name, known dtypes, checked products, offsets
/// sorted and contiguous from 0 to the buffer's end. Throws Error{kCorrupt} that begins with
/// `source`, the name of the file.
TensorMap from_safetensors(std::string_view bytes, std::string_view source);

}  // namespace assay
