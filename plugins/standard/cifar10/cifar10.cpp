// CIFAR-10: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
#include <algorithm>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "files.h"

namespace {

namespace fs = std::filesystem;

class Cifar10 final : public assay::ImageSet {
 public:
  struct Params {
    fs::path root;
    assay::Strings train = {"data_batch_*"};
    assay::Strings test = {"test_batch*"};
    std::int64_t validation = 5000;
    std::int64_t train_limit = 0;
    // Of the 50,000 training images' pixels / 255.
    assay::Reals mean = {0.4914, 0.4822, 0.4465};
    assay::Reals deviation = {0.2470, 0.2435, 0.2616};
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required("root", &Params::root, any(),
                  "Folder of the files, for C programs (data_batch_1.bin, ...) or for Python "
                  "(data_batch_1, ...).")
        .field("train", &Params::train, any(),
               "Patterns of the names of the training files, which are read sorted by name.")
        .field("test", &Params::test, any(),
               "Patterns of the names of the test files; an empty list: no test split.")
        .field("validation", &Params::validation, at_least(0),
               "Number of training images, taken from the end, that form the validation split.")
        .field("train_limit", &Params::train_limit, at_least(0),
               "Number of training images to use, from the beginning; 0: all.")
        .field("mean", &Params::mean, between(0, 1),
               "Mean of red, green and blue, which is subtracted from pixel / 255.")
        .field(
            "deviation", &Params::deviation, above(0),
            "Standard deviation of red, green and blue, by which pixel / 255 - mean is divided.");
  }

  explicit Cifar10(const Params& p)
      : ImageSet(read_images(find_files(p.root, p.train)), read_test(p),
                 {p.validation, p.train_limit}, {p.mean, p.deviation},
                 {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                  "truck"}) {}

 private:
  static Files read_test(const Params& p) {
    if (p.test.empty()) return {};
    const auto files = find_files(p.root, p.test), trained = find_files(p.root, p.train);
    for (const auto& file : files)
      if (std::find(trained.begin(), trained.end(), file) != trained.end())
        throw assay::Error(assay::ErrorKind::kParameter,
                           file.string() +
                               " matches both `train` and `test`: let each file match "
                               "one of them");
    return read_images(files);
  }
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Cifar10>("cifar10",
                        "CIFAR-10 (Krizhevsky, 2009): 60,000 color images of 32 x 32 pixels in ten "
                        "classes of animals and vehicles.");
}
