// Random rotation, translation, scale and shear: Simard, Steinkraus and Platt, "Best practices for
// convolutional neural networks applied to visual document analysis", ICDAR 2003.
#include <cmath>
#include <numbers>

#include "assay/registry.h"
#include "assay/transform.h"
#include "augmentation/shared/pixels.h"

namespace {

using augmentation::Image;

// From a place relative to the middle of the changed image to that of the original.
struct Map {
  double xx, xy, yx, yy, left, top;
  std::pair<double, double> operator()(double x, double y) const {
    x -= left;
    y -= top;
    return {xx * x + xy * y, yx * x + yy * y};
  }
};

class Affine final : public assay::Transform {
 public:
  struct Params {
    double probability = 1;
    double rotation = 15;
    double translation = 0;
    double smallest = 1;
    double largest = 1;
    double shear = 0;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that an image is changed.")
        .field("rotation", &Params::rotation, between(0, 180), "Largest angle, in degrees.")
        .field("translation", &Params::translation, between(0, 1),
               "Largest shift along each side, as a fraction of it.")
        .field("smallest", &Params::smallest, above(0), "Smallest factor of the size.")
        .field("largest", &Params::largest, above(0), "Largest factor of the size.")
        .field("shear", &Params::shear, below(0, 90),
               "Largest angle of the shear along each side, in degrees.");
  }

  Affine(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    augmentation::check_bounds(p_.smallest, p_.largest);
    if (p_.rotation == 0 && p_.translation == 0 && p_.shear == 0 && p_.smallest == 1 &&
        p_.largest == 1)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "no parameter says what changes: give a `rotation`, `translation`, "
                         "`shear`, or a `smallest` and `largest` size");
  }

  // Whether, rotation, two translations, size, two shears.
  std::int64_t count() const override { return 7; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    std::vector<float> before;
    return augmentation::change_some(
        batch, draws, p_.probability, pixels_,
        [&](const Image& image, std::span<const double> u) { move(image, make_map(u), before); });
  }

 private:
  // The inverse of: a shear along x, one along y, the rotation, the size, and the translation.
  Map make_map(std::span<const double> u) const {
    const auto angle = [](double largest, double number) {
      return augmentation::between(-largest, largest, number) * std::numbers::pi / 180;
    };
    const auto shift = [&](std::int64_t side, double number) {
      return augmentation::between(-p_.translation, p_.translation, number) *
             static_cast<double>(side);
    };
    const double turn = angle(p_.rotation, u[0]);
    const double size = augmentation::between(p_.smallest, p_.largest, u[3]);
    const double along_x = std::tan(angle(p_.shear, u[4])),
                 along_y = std::tan(angle(p_.shear, u[5]));
    const double a = std::cos(turn) + std::sin(turn) * along_y,
                 c = std::sin(turn) - std::cos(turn) * along_y;
    const double b = -a * along_x - std::sin(turn), d = -c * along_x + std::cos(turn);
    return {d / size,
            -b / size,
            -c / size,
            a / size,
            shift(pixels_.width(), u[1]),
            shift(pixels_.height(), u[2])};  // the determinant of a, b, c, d is 1
  }

  // Bilinear; what is outside is black.
  static void move(const Image& image, const Map& map, std::vector<float>& before) {
    const auto width = image.width, height = image.height;
    const double middle_x = static_cast<double>(width - 1) / 2,
                 middle_y = static_cast<double>(height - 1) / 2;
    before.assign(image.pixels.begin(), image.pixels.end());
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const auto [from_x, from_y] =
            map(static_cast<double>(x) - middle_x, static_cast<double>(y) - middle_y);
        const double left = std::floor(from_x + middle_x), top = std::floor(from_y + middle_y);
        const auto right_share = static_cast<float>(from_x + middle_x - left),
                   bottom_share = static_cast<float>(from_y + middle_y - top);
        const auto column = static_cast<std::int64_t>(left), row = static_cast<std::int64_t>(top);
        for (std::int64_t c = 0; c < image.channels; ++c) {
          const auto at = [&](std::int64_t i, std::int64_t j) {
            const bool inside = i >= 0 && i < height && j >= 0 && j < width;
            return inside ? before[static_cast<std::size_t>((c * height + i) * width + j)] : 0.0F;
          };
          const float upper =
              at(row, column) * (1 - right_share) + at(row, column + 1) * right_share;
          const float lower =
              at(row + 1, column) * (1 - right_share) + at(row + 1, column + 1) * right_share;
          image.channel(c)[static_cast<std::size_t>(y * width + x)] =
              upper * (1 - bottom_share) + lower * bottom_share;
        }
      }
  }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Affine>("affine",
                       "Rotates, shifts, scales and shears images at random (Simard et al., ICDAR "
                       "2003).");
}
