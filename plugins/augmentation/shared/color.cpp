#include "augmentation/shared/color.h"

#include <algorithm>
#include <cmath>

namespace augmentation {
namespace {

struct Rgb {
  float r, g, b;
};

// Smith, "Color gamut transform pairs", SIGGRAPH 1978, with the hue in [0, 6).
Rgb turned(Rgb x, float sixths) {
  const float most = std::max({x.r, x.g, x.b}), least = std::min({x.r, x.g, x.b});
  const float range = most - least;
  if (range == 0) return x;  // gray has no hue
  float hue = most == x.r   ? (x.g - x.b) / range
              : most == x.g ? 2 + (x.b - x.r) / range
                            : 4 + (x.r - x.g) / range;
  hue = std::fmod(hue + sixths + 12, 6.0F);
  const auto sector = static_cast<int>(hue);
  const float rest = hue - static_cast<float>(sector);
  const float falling = most - range * rest, rising = most - range * (1 - rest);
  switch (sector) {
    case 0:
      return {most, rising, least};
    case 1:
      return {falling, most, least};
    case 2:
      return {least, most, rising};
    case 3:
      return {least, falling, most};
    case 4:
      return {rising, least, most};
    default:
      return {most, least, falling};
  }
}

}  // namespace

float luminance(const Image& image, std::int64_t i) {
  const auto at = [&](std::int64_t c) { return image.channel(c)[static_cast<std::size_t>(i)]; };
  if (image.channels == 1) return at(0);
  return 0.299F * at(0) + 0.587F * at(1) + 0.114F * at(2);
}

void turn_hue(const Image& image, float turns) {
  const auto r = image.channel(0), g = image.channel(1), b = image.channel(2);
  for (std::size_t i = 0; i < r.size(); ++i) {
    const auto x = turned({r[i], g[i], b[i]}, 6 * turns);
    r[i] = x.r;
    g[i] = x.g;
    b[i] = x.b;
  }
}

void refuse_channels(const assay::Pixels& pixels) {
  throw assay::Error(assay::ErrorKind::kParameter,
                     "the images have " + std::to_string(pixels.channels()) +
                         " channels; supported: one channel (gray) or three (RGB)");
}

}  // namespace augmentation
