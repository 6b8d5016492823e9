// A random part of an image, resized to the whole: Szegedy et al., "Going deeper with
// convolutions", CVPR 2015, section 6; for contrastive learning Chen, Kornblith, Norouzi and
// Hinton, "A simple framework for contrastive learning of visual representations", ICML 2020.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/transform.h"
#include "augmentation/shared/pixels.h"

namespace {

using augmentation::Image;

// Where the pixels of a line of `to` are in a part of `from` pixels, and how two neighbors share.
struct Line {
  struct Place {
    std::int64_t first, second;
    float share;  // of the second
  };
  Line(std::int64_t start, std::int64_t from, std::int64_t to) {
    const double step = static_cast<double>(from) / static_cast<double>(to);
    for (std::int64_t k = 0; k < to; ++k) {
      const double x = std::max(0.0, (static_cast<double>(k) + 0.5) * step - 0.5);
      const auto first = std::min(static_cast<std::int64_t>(x), from - 1);
      places.push_back({start + first, start + std::min(first + 1, from - 1),
                        static_cast<float>(x - static_cast<double>(first))});
    }
  }
  std::vector<Place> places;
};

struct Part {
  std::int64_t top, left, height, width;
};

class ResizedCrop final : public assay::Transform {
 public:
  struct Params {
    double probability = 1;
    double smallest = 0.2;
    double largest = 1;
    double ratio = 0.75;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that an image is cropped.")
        .field("smallest", &Params::smallest, Range{.low = 0, .high = 1, .open_low = true},
               "Smallest area of the part, as a fraction of the image.")
        .field("largest", &Params::largest, Range{.low = 0, .high = 1, .open_low = true},
               "Largest area of the part, as a fraction of the image.")
        .field("ratio", &Params::ratio, Range{.low = 0, .high = 1, .open_low = true},
               "Smallest ratio of width and height; the largest is its inverse.");
  }

  ResizedCrop(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    augmentation::check_bounds(p_.smallest, p_.largest);
  }

  // Whether; area and ratio of each attempt; row and column.
  std::int64_t count() const override { return 1 + 2 * kAttempts + 2; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    std::vector<float> before;
    return augmentation::change_some(
        batch, draws, p_.probability, pixels_,
        [&](const Image& image, std::span<const double> u) { resize(image, choose(u), before); });
  }

 private:
  static constexpr std::int64_t kAttempts = 10;

  // The first attempt that fits into the image; without one, the largest part in its middle.
  Part choose(std::span<const double> u) const {
    const auto height = pixels_.height(), width = pixels_.width();
    const auto area = static_cast<double>(height * width);
    const double bound = std::log(p_.ratio);
    for (std::size_t k = 0; k < kAttempts; ++k) {
      const double part = area * augmentation::between(p_.smallest, p_.largest, u[2 * k]);
      const double ratio = std::exp(augmentation::between(bound, -bound, u[2 * k + 1]));
      const auto w = std::llrint(std::sqrt(part * ratio)), h = std::llrint(std::sqrt(part / ratio));
      if (w < 1 || w > width || h < 1 || h > height) continue;
      return {augmentation::choose_place(u[2 * kAttempts], height - h),
              augmentation::choose_place(u[2 * kAttempts + 1], width - w), h, w};
    }
    const double ratio = static_cast<double>(width) / static_cast<double>(height);
    const auto h = ratio < p_.ratio ? std::llrint(static_cast<double>(width) / p_.ratio) : height;
    const auto w =
        ratio > 1 / p_.ratio ? std::llrint(static_cast<double>(height) / p_.ratio) : width;
    return {(height - h) / 2, (width - w) / 2, h, w};
  }

  // Bilinear, with the centers of pixels at half numbers.
  static void resize(const Image& image, const Part& part, std::vector<float>& before) {
    const Line rows(part.top, part.height, image.height),
        columns(part.left, part.width, image.width);
    for (std::int64_t c = 0; c < image.channels; ++c) {
      const auto to = image.channel(c);
      before.assign(to.begin(), to.end());
      auto* out = to.data();
      for (const auto& row : rows.places) {
        const auto* above = before.data() + row.first * image.width;
        const auto* below = before.data() + row.second * image.width;
        for (const auto& column : columns.places) {
          const auto mix = [](float a, float b, float share) { return a + share * (b - a); };
          const float top = mix(above[column.first], above[column.second], column.share);
          const float bottom = mix(below[column.first], below[column.second], column.share);
          *out++ = mix(top, bottom, row.share);
        }
      }
    }
  }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ResizedCrop>("resized_crop",
                            "Cuts out a random part of an image and resizes it to the whole "
                            "(Szegedy et al., CVPR 2015).");
}
