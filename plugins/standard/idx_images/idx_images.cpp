// Any pair of IDX files: MNIST, USPS, one's own.
#include "assay/registry.h"
#include "assay/sdk/idx.h"
#include "assay/sdk/images.h"

namespace {

namespace fs = std::filesystem;

assay::ImageSet::Images read(const fs::path& images, const fs::path& labels) {
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
        .required("train_images", &Params::train_images, any(), "IDX file of images, .gz or not.")
        .required("train_labels", &Params::train_labels, any(), "IDX file of their labels.")
        .field("test_images", &Params::test_images, any(), "IDX file of test images; empty: none.")
        .field("test_labels", &Params::test_labels, any(), "IDX file of the test labels.")
        .field("validation", &Params::validation, at_least(0),
               "Training images, the last ones, that are kept for validation.")
        .field("train_limit", &Params::train_limit, at_least(0),
               "Training images used, the first ones; 0 uses all.")
        .field("mean", &Params::mean, between(0, 1), "Subtracted from pixel / 255.")
        .field("deviation", &Params::deviation, above(0), "By which the difference is divided.");
  }

  explicit IdxImages(const Params& p)
      : ImageSet(read(p.train_images, p.train_labels), read_test(p), {p.validation, p.train_limit},
                 p.mean, p.deviation, {}) {}

 private:
  static Images read_test(const Params& p) {
    if (p.test_images.empty() != p.test_labels.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`test_images` and `test_labels` must be given together");
    return p.test_images.empty() ? Images{} : read(p.test_images, p.test_labels);
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<IdxImages>("idx_images", "Grey images and labels of any IDX files (MNIST, USPS).");
}
