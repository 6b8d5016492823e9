// One array of NumPy's .npy format.
#pragma once

#include <filesystem>

#include <torch/types.h>

/// Versions 1 to 3, little-endian or bytes, in C's order: float16, float32, float64, bool, and
/// integers of 8 to 64 bits, of which the unsigned ones have 8. Throws assay::Error{kData} that
/// names the file for anything else, and for a file that is cut off or too long.
torch::Tensor read_npy(const std::filesystem::path& file);
