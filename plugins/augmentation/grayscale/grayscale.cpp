// Color images without colors: Chen, Kornblith, Norouzi and Hinton, "A simple framework for
// contrastive learning of visual representations", ICML 2020, appendix A.
#include "assay/registry.h"
#include "assay/transform.h"
#include "augmentation/shared/color.h"

namespace {

class Grayscale final : public assay::Transform {
 public:
  struct Params {
    double probability = 0.2;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("probability", &Params::probability, assay::between(0, 1),
                                         "Probability that an image becomes gray.");
  }

  Grayscale(const Params& params, const assay::Info& info) : p_(params), pixels_(info) {
    if (pixels_.channels() != 3)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the images of the dataset have " + std::to_string(pixels_.channels()) +
                             " channel(s), and only color images, which have 3, become gray: "
                             "remove this transform");
  }

  std::int64_t count() const override { return 1; }

  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    return augmentation::change_some(batch, draws, p_.probability, pixels_,
                                     [](const augmentation::Image& image, std::span<const double>) {
                                       for (std::int64_t i = 0; i < image.area(); ++i) {
                                         const float gray = augmentation::luminance(image, i);
                                         for (std::int64_t c = 0; c < 3; ++c)
                                           image.channel(c)[static_cast<std::size_t>(i)] = gray;
                                       }
                                     });
  }

 private:
  Params p_;
  assay::Pixels pixels_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Grayscale>("grayscale",
                          "Gives all channels of a color image its luminance, at random (Chen et "
                          "al., ICML 2020).");
}
