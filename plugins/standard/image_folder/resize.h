// Resampling of pictures, to the byte as PIL's Image.resize() does it.
#pragma once

#include "decode.h"

enum class Filter { kBox, kBilinear, kBicubic, kLanczos };

/// Each output pixel is a weighted mean of the pixels that lie under the filter, which is widened
/// by the scale when the picture becomes smaller; first along rows, then along columns, with
/// weights in units of 2^-22 and rounded to bytes after each. Sizes are above 0.
Picture resize(const Picture& picture, std::int64_t height, std::int64_t width, Filter filter);

/// The `height` x `width` pixels in the middle of a picture that is at least as large; as
/// torchvision's center_crop() for the side that an odd margin leaves.
Picture crop_center(const Picture& picture, std::int64_t height, std::int64_t width);
