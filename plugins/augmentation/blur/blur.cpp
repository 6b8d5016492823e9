// Gaussian blur of a random width: Chen, Kornblith, Norouzi and Hinton, "A simple framework for
// contrastive learning of visual representations", ICML 2020, appendix A.
#include <cmath>

#include "assay/registry.h"
#include "assay/transform.h"
#include "augmentation/shared/pixels.h"

namespace {

using augmentation::Image;

class Blur final : public assay::Transform {
 public:
  struct Params {
    double probability = 0.5;
    std::int64_t size = 3;
    double smallest = 0.1;
    double largest = 2;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that an image is blurred.")
        .field("size", &Params::size, at_least(3),
               "Width of the kernel, in pixels, an odd number; a tenth of the image is usual.")
        .field("smallest", &Params::smallest, above(0),
               "Smallest standard deviation of the kernel, in pixels.")
        .field("largest", &Params::largest, above(0),
               "Largest standard deviation of the kernel, in pixels.");
  }

  Blur(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    using assay::Error;
    if (p_.size % 2 == 0)
      throw Error(assay::ErrorKind::kParameter,
                  "`size` is " + std::to_string(p_.size) + ", and must be odd", "size");
    augmentation::check_bounds(p_.smallest, p_.largest);
    const auto side = std::min(pixels_.height(), pixels_.width());
    if (p_.size / 2 >= side)
      throw Error(assay::ErrorKind::kParameter,
                  "`size` is " + std::to_string(p_.size) + ", and an image of " +
                      std::to_string(pixels_.height()) + " x " + std::to_string(pixels_.width()) +
                      " pixels takes at most " + std::to_string(2 * side - 1),
                  "size");
  }

  std::int64_t count() const override { return 2; }  // whether, and the deviation

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    std::vector<float> line;
    return augmentation::change_some(
        batch, draws, p_.probability, pixels_, [&](const Image& image, std::span<const double> u) {
          const auto kernel = make_kernel(augmentation::between(p_.smallest, p_.largest, u[0]));
          for (std::int64_t c = 0; c < image.channels; ++c) {
            auto* pixels = image.channel(c).data();
            for (std::int64_t y = 0; y < image.height; ++y)
              smooth(pixels + y * image.width, image.width, 1, kernel, line);
            for (std::int64_t x = 0; x < image.width; ++x)
              smooth(pixels + x, image.height, image.width, kernel, line);
          }
        });
  }

 private:
  std::vector<float> make_kernel(double deviation) const {
    std::vector<double> weights;
    double sum = 0;
    for (std::int64_t k = 0; k < p_.size; ++k) {
      const double x = static_cast<double>(k - p_.size / 2) / deviation;
      sum += weights.emplace_back(std::exp(-0.5 * x * x));
    }
    std::vector<float> kernel;
    for (const double weight : weights) kernel.push_back(static_cast<float>(weight / sum));
    return kernel;
  }

  // A line of pixels, `stride` apart, reflected at its ends without repeating the last one.
  static void smooth(float* pixels, std::int64_t length, std::int64_t stride,
                     const std::vector<float>& kernel, std::vector<float>& line) {
    const auto half = static_cast<std::int64_t>(kernel.size() / 2);
    line.resize(static_cast<std::size_t>(length + 2 * half));
    for (std::int64_t k = -half; k < length + half; ++k) {
      const auto from = k < 0 ? -k : k >= length ? 2 * length - 2 - k : k;
      line[static_cast<std::size_t>(k + half)] = pixels[from * stride];
    }
    for (std::int64_t k = 0; k < length; ++k) {
      float sum = 0;
      for (std::size_t i = 0; i < kernel.size(); ++i)
        sum += kernel[i] * line[static_cast<std::size_t>(k) + i];
      pixels[k * stride] = sum;
    }
  }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Blur>("blur",
                     "Blurs images with a Gaussian kernel of a random width (Chen et al., "
                     "ICML 2020).");
}
