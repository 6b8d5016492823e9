// Spectra of images, of which one image takes a part from another.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace fourier {

struct Sides {
  std::int64_t vertical, horizontal;
};

/// [height, width] bool on the grid of at::fft_fft2: the frequencies of both signs up to `most` in
/// each direction, so that real images stay real.
at::Tensor choose_low(std::int64_t height, std::int64_t width, Sides most);

/// The window of the code of FACT: a rectangle in the middle of the shifted spectrum. An even side
/// lacks one sign, and the changed spectrum is that of no real image.
at::Tensor choose_middle(std::int64_t height, std::int64_t width, Sides sides);

/// The window of the code of FDA on tensors: the corners of `side` frequencies, which lack that of
/// +side on one side.
at::Tensor choose_corners(std::int64_t height, std::int64_t width, std::int64_t side);

/// The real part of the image with the phases of `x` and the amplitudes (1 - lambda) |X| + lambda
/// |Y| in the window; a frequency that x lacks has no phase, and stays 0. x and y are [B, C, H, W],
/// lambda [B, 1, 1, 1], window [H, W] bool. Not clipped.
at::Tensor mix_amplitudes(const at::Tensor& x, const at::Tensor& y, const at::Tensor& lambda,
                          const at::Tensor& window);

}  // namespace fourier
