// Luminance and hue of pixels.
#pragma once

#include "augmentation/shared/pixels.h"

namespace augmentation {

/// Of pixel i: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); the pixel itself of a gray image.
float luminance(const Image& image, std::int64_t i);

/// Adds `turns` of the color wheel to the hue (HSV) of each pixel of a color image.
void turn_hue(const Image& image, float turns);

/// Throws Error{kParameter}: images have neither one nor three channels.
[[noreturn]] void refuse_channels(const assay::Pixels& pixels);

}  // namespace augmentation
