// Any pair of IDX files: MNIST, USPS, one's own.
#include "assay/registry.h"
#include "assay/sdk/idx.h"
#include "assay/sdk/images.h"

namespace {

namespace fs = std::filesystem;

assay::ImageSet::Files read(const fs::path& images, const fs::path& labels) {
  const auto pixels = assay::read_idx_images(images);
  return {pixels, assay::read_idx_labels(labels, pixels.size(0))};
}

class IdxImages final : public assay::ImageSet {
 public:
  struct Params {
    fs::path train_images, train_labels, test_images, test_labels;
    std::int64_t validation = 0;
    std::int64_t train_limit = 0;
    double mean = 0;
    double deviation = 1;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required("train_images", &Params::train_images, any(),
                  "IDX file of the training images; it may be compressed (.gz).")
        .required("train_labels", &Params::train_labels, any(),
                  "IDX file of the training labels; it may be compressed (.gz).")
        .field("test_images", &Params::test_images, any(),
               "IDX file of the test images; empty: no test split.")
        .field("test_labels", &Params::test_labels, any(),
               "IDX file of the test labels; empty: no test split.")
        .field("validation", &Params::validation, at_least(0),
               "Number of training images, taken from the end, that form the validation split.")
        .field("train_limit", &Params::train_limit, at_least(0),
               "Number of training images to use, from the beginning; 0: all.")
        .field("mean", &Params::mean, between(0, 1), "Mean that is subtracted from pixel / 255.")
        .field("deviation", &Params::deviation, above(0),
               "Standard deviation that pixel / 255 - mean is divided by.");
  }

  explicit IdxImages(const Params& p)
      : ImageSet(read(p.train_images, p.train_labels), read_test(p), {p.validation, p.train_limit},
                 {{p.mean}, {p.deviation}}, {}) {}

 private:
  static Files read_test(const Params& p) {
    if (p.test_images.empty() != p.test_labels.empty())
      throw assay::Error(
          assay::ErrorKind::kParameter,
          "`test_images` and `test_labels` must be given together, or neither of them");
    return p.test_images.empty() ? Files{} : read(p.test_images, p.test_labels);
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<IdxImages>("idx_images",
                          "Grayscale images and labels from IDX files, such as MNIST or USPS.");
}
