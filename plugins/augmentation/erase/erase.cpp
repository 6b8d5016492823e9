// Random erasing: Zhong, Zheng, Kang, Li and Yang, "Random Erasing Data Augmentation", AAAI 2020.
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"
#include "augmentation/shared/pixels.h"

namespace {

class Erase final : public assay::Transform {
 public:
  struct Params {
    double probability = 0.5;
    double smallest = 0.02;
    double largest = 0.4;
    double ratio = 0.3;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that a rectangle of an image is erased.")
        .field("smallest", &Params::smallest, above(0),
               "Smallest area of the rectangle, as a fraction of the image.")
        .field("largest", &Params::largest, between(0, 1),
               "Largest area of the rectangle, as a fraction of the image.")
        .field("ratio", &Params::ratio, Range{.low = 0, .high = 1, .open_low = true},
               "Smallest ratio of height and width; the largest is its inverse.");
  }

  Erase(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    augmentation::check_bounds(p_.smallest, p_.largest);
  }

  // Whether, area, ratio, row, column.
  std::int64_t count() const override { return 5; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    auto erased = batch;
    erased.input = batch.input.clone();
    const auto* u = draws.const_data_ptr<double>();
    for (std::int64_t b = 0; b < batch.size(); ++b, u += 5) {
      if (u[0] >= p_.probability) continue;
      const auto pixels = static_cast<double>(pixels_.height() * pixels_.width());
      const double area = pixels * augmentation::between(p_.smallest, p_.largest, u[1]);
      const double ratio = augmentation::between(p_.ratio, 1 / p_.ratio, u[2]);
      const auto height = side(std::sqrt(area * ratio), pixels_.height());
      const auto width = side(std::sqrt(area / ratio), pixels_.width());
      erased.input[b]
          .narrow(1, augmentation::choose_place(u[3], pixels_.height() - height), height)
          .narrow(2, augmentation::choose_place(u[4], pixels_.width() - width), width)
          .zero_();
    }
    return erased;
  }

 private:
  static std::int64_t side(double length, std::int64_t most) {
    return std::clamp<std::int64_t>(std::llround(length), 1, most);
  }

  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Erase>("erase",
                      "Sets a random rectangle of an image to 0, the mean pixel of a normalized "
                      "dataset (Zhong et al., AAAI 2020).");
}
