// Random brightness, contrast, saturation and hue, in a random order: Howard, "Some improvements on
// deep convolutional neural network based image classification", ICLR 2014.
#include <algorithm>
#include <array>
#include <numeric>

#include "assay/registry.h"
#include "assay/transform.h"
#include "augmentation/shared/color.h"
#include "augmentation/shared/pixels.h"

namespace {

using augmentation::Image;

// Towards `other`, away from it above 1.
void blend(float& x, float other, float factor) {
  x = std::clamp(factor * x + (1 - factor) * other, 0.0F, 1.0F);
}

void change_brightness(const Image& image, float factor) {
  for (float& x : image.pixels) blend(x, 0, factor);
}

void change_contrast(const Image& image, float factor) {
  double sum = 0;
  for (std::int64_t i = 0; i < image.area(); ++i) sum += augmentation::luminance(image, i);
  const auto mean = static_cast<float>(sum / static_cast<double>(image.area()));
  for (float& x : image.pixels) blend(x, mean, factor);
}

void change_saturation(const Image& image, float factor) {
  for (std::int64_t i = 0; i < image.area(); ++i) {
    const float gray = augmentation::luminance(image, i);
    for (std::int64_t c = 0; c < 3; ++c)
      blend(image.channel(c)[static_cast<std::size_t>(i)], gray, factor);
  }
}

class ColorJitter final : public assay::Transform {
 public:
  struct Params {
    double probability = 0.8;
    double brightness = 0.4;
    double contrast = 0.4;
    double saturation = 0;
    double hue = 0;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that an image is changed.")
        .field("brightness", &Params::brightness, at_least(0),
               "b: pixels are multiplied by a factor between max(0, 1 - b) and 1 + b.")
        .field("contrast", &Params::contrast, at_least(0),
               "The same of their differences from the mean luminance.")
        .field("saturation", &Params::saturation, at_least(0),
               "The same of their differences from their luminance; of color images.")
        .field("hue", &Params::hue, between(0, 0.5),
               "Largest change of the hue, in turns of the color wheel; of color images.");
  }

  ColorJitter(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    if (p_.brightness == 0 && p_.contrast == 0 && p_.saturation == 0 && p_.hue == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "all strengths are 0, so that nothing is changed: set one, or omit the "
                         "transform");
    if (pixels_.channels() != 3 && (p_.saturation > 0 || p_.hue > 0))
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`saturation` and `hue` are of color images, and those of the dataset "
                         "have " +
                             std::to_string(pixels_.channels()) + " channel(s): set both to 0",
                         p_.saturation > 0 ? "saturation" : "hue");
    if (pixels_.channels() != 3 && pixels_.channels() != 1) augmentation::refuse_channels(pixels_);
  }

  // Whether, the four factors, and four numbers whose order is that of the changes.
  std::int64_t count() const override { return 1 + 4 + 4; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    return augmentation::change_some(
        batch, draws, p_.probability, pixels_,
        [&](const Image& image, std::span<const double> u) { change(image, u); });
  }

 private:
  void change(const Image& image, std::span<const double> u) const {
    std::array<std::size_t, 4> order{};
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return u[4 + a] < u[4 + b]; });
    const auto factor = [&](double strength, std::size_t k) {
      return static_cast<float>(
          augmentation::between(std::max(0.0, 1 - strength), 1 + strength, u[k]));
    };
    for (const auto k : order) {
      if (k == 0 && p_.brightness > 0) change_brightness(image, factor(p_.brightness, 0));
      if (k == 1 && p_.contrast > 0) change_contrast(image, factor(p_.contrast, 1));
      if (k == 2 && p_.saturation > 0) change_saturation(image, factor(p_.saturation, 2));
      if (k == 3 && p_.hue > 0)
        augmentation::turn_hue(image,
                               static_cast<float>(augmentation::between(-p_.hue, p_.hue, u[3])));
    }
  }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ColorJitter>("color_jitter",
                            "Changes brightness, contrast, saturation and hue at random, in a "
                            "random order (Howard, ICLR 2014).");
}
