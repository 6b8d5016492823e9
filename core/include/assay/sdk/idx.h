// Reader of IDX image and label files (MNIST, USPS, Fashion-MNIST), plain or gzipped.
#pragma once

#include <filesystem>

#include <torch/types.h>

namespace assay {

/// Reads the images of one file, [N, H, W] uint8, on the CPU. Throws Error{kData} that names the
/// file and the fault: missing, truncated, damaged, too long, another element type, or labels.
torch::Tensor read_idx_images(const std::filesystem::path& file);

/// Reads the labels of one file, [N] int64. Throws as read_idx_images() does, and if N != `images`.
torch::Tensor read_idx_labels(const std::filesystem::path& file, std::int64_t images);

}  // namespace assay
