#include "spectrum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/fft_ifft2.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/real.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace fourier {
namespace {

at::Tensor numbers(std::int64_t size) {
  return at::arange(size, at::kLong);
}

at::Tensor both_of(const at::Tensor& rows, const at::Tensor& columns) {
  return rows.view({-1, 1}).logical_and(columns.view({1, -1}));
}

}  // namespace

at::Tensor choose_low(std::int64_t height, std::int64_t width, Sides most) {
  const auto low = [](std::int64_t size, std::int64_t bound) {
    return at::minimum(numbers(size), size - numbers(size)) <= bound;
  };
  return both_of(low(height, most.vertical), low(width, most.horizontal));
}

at::Tensor choose_middle(std::int64_t height, std::int64_t width, Sides sides) {
  const auto chosen = [](std::int64_t size, std::int64_t side) {
    const auto shifted = (numbers(size) + size / 2).remainder(size);  // as fftshift places them
    const auto start = size / 2 - side / 2;
    return (shifted >= start).logical_and(shifted < start + side);
  };
  return both_of(chosen(height, sides.vertical), chosen(width, sides.horizontal));
}

at::Tensor choose_corners(std::int64_t height, std::int64_t width, std::int64_t side) {
  const auto chosen = [&](std::int64_t size) {
    return (numbers(size) < side).logical_or(numbers(size) >= size - side);
  };
  return both_of(chosen(height), chosen(width));
}

at::Tensor mix_amplitudes(const at::Tensor& x, const at::Tensor& y, const at::Tensor& lambda,
                          const at::Tensor& window) {
  const auto own = at::fft_fft2(x);
  const auto amplitude = own.abs();
  const auto mixed =
      at::where(window, amplitude + lambda * (at::fft_fft2(y).abs() - amplitude), amplitude);
  // What x lacks but for rounding has no phase that could be kept.
  const auto least = 1e-6 * amplitude.amax({-2, -1}, /*keepdim=*/true);
  const auto direction = at::where(amplitude > least, own / amplitude, at::zeros_like(own));
  return at::real(at::fft_ifft2(mixed * direction));
}

}  // namespace fourier
