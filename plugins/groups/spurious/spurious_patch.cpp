// A bright square whose corner tells the class: a shortcut that leaves the rest of the image as it
// is, as in Gu, Dolan-Gavitt and Garg, "BadNets", 2017, but on every image.
#include "spurious_patch.h"

#include <algorithm>

#include <ATen/ops/empty.h>

assay::Schema<SpuriousImages::Params> SpuriousPatch::schema() {
  return SpuriousImages::schema().field("size", &Params::size, assay::at_least(1),
                                        "Height and width of the square, in pixels.");
}

SpuriousPatch::SpuriousPatch(const Params& p)
    : SpuriousImages(p, {"top_left", "top_right", "bottom_left", "bottom_right"}, "spurious_patch"),
      size_(p.size) {
  const auto height = info_.input_shape[1], width = info_.input_shape[2];
  const auto room = std::min(height, width) / 2;
  if (size_ > room)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`size` is " + std::to_string(size_) + ", but the corners of images of " +
                           std::to_string(height) + " x " + std::to_string(width) +
                           " pixels have room for at most " + std::to_string(room));
}

// Plain loops: operators would wake a team of threads for each batch.
torch::Tensor SpuriousPatch::paint(const torch::Tensor& images,
                                   const torch::Tensor& corners) const {
  const auto count = images.size(0), height = images.size(2), width = images.size(3);
  auto painted = at::empty(images.sizes(), images.options());
  auto* to = painted.mutable_data_ptr<float>();
  std::copy_n(images.const_data_ptr<float>(), images.numel(), to);
  for (std::int64_t k = 0; k < count; ++k) {
    const auto corner = corners.const_data_ptr<std::int64_t>()[k];
    const auto first =
        (corner < 2 ? 0 : height - size_) * width + (corner % 2 == 0 ? 0 : width - size_);
    for (std::int64_t c = 0; c < images.size(1); ++c, to += height * width)
      for (std::int64_t row = 0; row < size_; ++row)
        std::fill_n(to + first + row * width, size_, white_.const_data_ptr<float>()[c]);
  }
  return painted;
}
