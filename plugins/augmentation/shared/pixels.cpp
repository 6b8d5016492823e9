#include "augmentation/shared/pixels.h"

namespace augmentation {
namespace {

// x * scale + shift, per channel.
void rescale(const Image& image, const torch::Tensor& scale, const torch::Tensor& shift) {
  for (std::int64_t c = 0; c < image.channels; ++c) {
    const auto a = scale.const_data_ptr<float>()[c], b = shift.const_data_ptr<float>()[c];
    for (float& x : image.channel(c)) x = x * a + b;
  }
}

}  // namespace

assay::Batch change_some(const assay::Batch& batch, const torch::Tensor& draws, double probability,
                         const assay::Pixels& pixels, const Kernel& kernel) {
  auto changed = batch;
  auto input = batch.input.to(torch::kCPU, torch::kFloat, /*non_blocking=*/false, /*copy=*/true)
                   .contiguous();
  const auto deviation = pixels.deviation().flatten().contiguous();
  const auto mean = (-pixels.black()).flatten().mul(deviation).contiguous();
  const auto inverse = deviation.reciprocal(), black = pixels.black().flatten().contiguous();
  const auto count = static_cast<std::size_t>(draws.size(1));
  const auto size =
      static_cast<std::size_t>(input.numel() / std::max<std::int64_t>(1, batch.size()));
  const std::span<const double> numbers(draws.const_data_ptr<double>(),
                                        static_cast<std::size_t>(draws.numel()));
  const std::span<float> all(input.mutable_data_ptr<float>(),
                             static_cast<std::size_t>(input.numel()));
  for (std::size_t b = 0; b < static_cast<std::size_t>(batch.size()); ++b) {
    const auto u = numbers.subspan(b * count, count);
    if (u[0] >= probability) continue;
    const Image image{pixels.channels(), pixels.height(), pixels.width(),
                      all.subspan(b * size, size)};
    rescale(image, deviation, mean);
    kernel(image, u.subspan(1));
    rescale(image, inverse, black);
  }
  changed.input = input.to(batch.input.options());
  return changed;
}

void check_bounds(double smallest, double largest) {
  if (smallest > largest)
    throw assay::Error(assay::ErrorKind::kParameter, "`smallest` is " + std::to_string(smallest) +
                                                         ", above `largest`, which is " +
                                                         std::to_string(largest));
}

}  // namespace augmentation
