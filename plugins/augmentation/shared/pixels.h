// Images of a batch as pixels in [0, 1], for kernels that work on one image at a time.
#pragma once

#include <functional>
#include <span>

#include "assay/sdk/images.h"

namespace augmentation {

/// One image, [C, H, W] contiguous float32 on the CPU.
struct Image {
  std::int64_t channels, height, width;
  std::span<float> pixels;

  std::int64_t area() const { return height * width; }
  std::span<float> channel(std::int64_t c) const {
    return pixels.subspan(static_cast<std::size_t>(c * area()), static_cast<std::size_t>(area()));
  }
};

/// Changes pixels in [0, 1] in place. `u` are the numbers of the sample, count() of them.
using Kernel = std::function<void(const Image& image, std::span<const double> u)>;

/// The batch with the images changed whose first number is below `probability`; the others keep
/// their bytes. `draws` is [B, count] float64. The first number is not passed on.
assay::Batch change_some(const assay::Batch& batch, const torch::Tensor& draws, double probability,
                         const assay::Pixels& pixels, const Kernel& kernel);

/// Throws Error{kParameter} if `smallest` and `largest`, the fields of a transform, are the wrong
/// way round.
void check_bounds(double smallest, double largest);

/// u in [0, 1) as one of the places 0 to `room`.
inline std::int64_t choose_place(double u, std::int64_t room) {
  return static_cast<std::int64_t>(u * static_cast<double>(room + 1));
}

/// u in [0, 1) as a number in [low, high).
inline double between(double low, double high, double u) {
  return low + (high - low) * u;
}

}  // namespace augmentation
