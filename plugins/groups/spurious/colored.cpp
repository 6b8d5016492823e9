// Colored MNIST of Arjovsky, Bottou, Gulrajani and Lopez-Paz, "Invariant Risk Minimization", 2019,
// section 5.2, for any gray images and up to ten classes.
#include "colored.h"

#include <ATen/ops/empty.h>

namespace {

struct Color {
  const char* name;
  std::vector<float> shares;  // of red, green and blue
};

const std::vector<Color>& palette() {
  static const std::vector<Color> colors = {{"red", {1, 0, 0}},       {"green", {0, 1, 0}},
                                            {"blue", {0, 0, 1}},      {"yellow", {1, 1, 0}},
                                            {"magenta", {1, 0, 1}},   {"cyan", {0, 1, 1}},
                                            {"orange", {1, 0.5f, 0}}, {"violet", {0.5f, 0, 1}},
                                            {"lime", {0.5f, 1, 0}},   {"white", {1, 1, 1}}};
  return colors;
}

assay::Strings names() {
  assay::Strings all;
  for (const auto& color : palette()) all.emplace_back(color.name);
  return all;
}

}  // namespace

Colored::Colored(const Params& p) : SpuriousImages(p, names(), "colored") {
  if (info_.input_shape[0] != 1)
    throw assay::Error(
        assay::ErrorKind::kParameter,
        "`images` has " + std::to_string(info_.input_shape[0]) +
            " channels, but `colored` needs grayscale images with one; `spurious_patch` "
            "accepts any number");
  info_.input_shape[0] = 3;
  for (auto* numbers : {&info_.pixel_mean, &info_.pixel_deviation})
    if (!numbers->empty()) numbers->assign(3, numbers->front());
}

// Black stays what the images' own normalization makes of it: a channel goes from it to the gray
// value by the color's share. A plain loop: operators would wake a team of threads for each batch.
torch::Tensor Colored::paint(const torch::Tensor& images, const torch::Tensor& colors) const {
  const auto count = images.size(0), pixels = images.size(2) * images.size(3);
  auto painted = at::empty({count, 3, images.size(2), images.size(3)}, images.options());
  const auto* from = images.const_data_ptr<float>();
  const float black = black_[0].item<float>();
  auto* to = painted.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < count; ++k, from += pixels) {
    const auto& color =
        palette()[static_cast<std::size_t>(colors.const_data_ptr<std::int64_t>()[k])];
    for (const float share : color.shares) {
      const float rest = black * (1 - share);
      for (std::int64_t p = 0; p < pixels; ++p) to[p] = from[p] * share + rest;
      to += pixels;
    }
  }
  return painted;
}
