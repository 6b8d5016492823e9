// MNIST and USPS differ in how a digit lies in its image more than in how it is written.
#include "domain.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>

#include "assay/error.h"
#include "assay/sdk/idx.h"
#include "assay/state.h"

namespace {

namespace fs = std::filesystem;

// To `size` x `size` pixels, in whole numbers as image libraries do it.
torch::Tensor resized(const torch::Tensor& pixels, std::int64_t size) {
  return at::_upsample_bilinear2d_aa(pixels.to(torch::kFloat).unsqueeze(1), {size, size},
                                     /*align_corners=*/false)
      .squeeze(1)
      .round()
      .clamp(0, 255)
      .to(torch::kByte);
}

// MNIST was made of digits of 20 x 20 in the middle of 28 x 28; USPS digits fill their 16 x 16.
torch::Tensor framed(const torch::Tensor& pixels, std::int64_t size) {
  if (pixels.size(1) == size) return pixels;
  if (size == 16) return resized(pixels.narrow(1, 4, 20).narrow(2, 4, 20), 16);
  return at::constant_pad_nd(resized(pixels, 20), {4, 4, 4, 4});
}

}  // namespace

Domain read_domain(const std::string& name, const fs::path& folder, const assay::Strings& parts,
                   std::int64_t own, std::int64_t size) {
  Domain domain{name, {}, {}, 0};
  assay::Tensors pixels, labels;
  for (const auto& part : parts) {
    const auto file = folder / (part + "-images-idx3-ubyte.gz");
    const auto images = assay::read_idx_images(file);
    if (images.size(1) != own || images.size(2) != own)
      throw assay::Error(assay::ErrorKind::kData,
                         file.string() + ": has images of " + std::to_string(images.size(1)) +
                             " x " + std::to_string(images.size(2)) + " pixels; images of " + name +
                             " must have " + std::to_string(own) + " x " + std::to_string(own));
    pixels.push_back(framed(images, size));
    labels.push_back(
        assay::read_idx_labels(folder / (part + "-labels-idx1-ubyte.gz"), images.size(0)));
  }
  domain.train = pixels[0].size(0);
  domain.pixels = at::cat(pixels);
  domain.labels = at::cat(labels);
  return domain;
}
