// Fashion-MNIST: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
// machine learning algorithms", 2017; the files of Debian's dataset-fashion-mnist.
#include "assay/registry.h"
#include "assay/sdk/idx.h"
#include "assay/sdk/images.h"

namespace {

namespace fs = std::filesystem;

assay::ImageSet::Files read(const fs::path& root, const std::string& part) {
  const auto pixels = assay::read_idx_images(root / (part + "-images-idx3-ubyte.gz"));
  return {pixels, assay::read_idx_labels(root / (part + "-labels-idx1-ubyte.gz"), pixels.size(0))};
}

constexpr double kMean = 0.2860, kDeviation = 0.3530;  // of the training pixels / 255

class FashionMnist final : public assay::ImageSet {
 public:
  struct Params {
    fs::path root = "/usr/share/datasets/fashion-mnist";
    std::int64_t validation = 5000;
    std::int64_t train_limit = 0;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("root", &Params::root, assay::any(),
               "Folder of the four idx.gz files, such as that of the Debian package "
               "dataset-fashion-mnist.")
        .field("validation", &Params::validation, assay::between(0, 59999),
               "Number of training images, taken from the end, that form the validation split.")
        .field("train_limit", &Params::train_limit, assay::at_least(0),
               "Number of training images to use, from the beginning; 0: all.");
  }

  explicit FashionMnist(const Params& p)
      : ImageSet(read(p.root, "train"), read(p.root, "t10k"), {p.validation, p.train_limit},
                 {{kMean}, {kDeviation}},
                 {"t_shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
                  "bag", "ankle_boot"}) {}
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<FashionMnist>(
      "fashion_mnist",
      "Fashion-MNIST (Xiao et al., 2017): 70,000 grayscale images of 28 x 28 pixels in ten "
      "classes of clothing.");
}
