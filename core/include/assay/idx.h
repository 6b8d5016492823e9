// Reader of IDX image and label files (MNIST, USPS, Fashion-MNIST), plain or gzipped.
#pragma once

#include <filesystem>

#include <torch/types.h>

namespace assay {

/// Images of one file, [N, H, W] uint8. Throws Error{kData} naming the file and what is wrong with
/// it: not there, truncated, labels instead of images, another element type.
torch::Tensor read_idx_images(const std::filesystem::path& file);

/// Labels of one file, [N] int64; `images` is how many there must be.
torch::Tensor read_idx_labels(const std::filesystem::path& file, std::int64_t images);

}  // namespace assay
