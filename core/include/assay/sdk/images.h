// ImageSet: base class of datasets of grayscale images that fit into memory as bytes.
#pragma once

#include <vector>

#include "assay/dataset.h"

namespace assay {

/// A derived dataset only reads its files. Ids number the training images first, then the test
/// images. The last Cut::validation training images form the validation split; Cut::train_limit
/// keeps the first of the others. Ids do not depend on the cut.
class ImageSet : public Dataset {
 public:
  struct Images {
    torch::Tensor pixels;  // [N, H, W] uint8
    torch::Tensor labels;  // [N] int64, from 0
  };
  struct Cut {
    std::int64_t validation = 0;   // images
    std::int64_t train_limit = 0;  // images; 0: all
  };

  /// Batch::input is (pixel / 255 - mean) / deviation, [B, 1, H, W] float32. `test` may be
  /// undefined. The number of classes is the largest label plus 1. Throws Error{kData} if training
  /// and test images differ in height or width, or if no training image is left.
  ImageSet(const Images& train, const Images& test, Cut cut, double mean, double deviation,
           std::vector<std::string> class_names);

  const Info& info() const final { return info_; }
  std::span<const std::int64_t> ids(Split split) const final {
    return ids_[static_cast<std::size_t>(split)];
  }
  Batch load(std::span<const std::int64_t> ids, const Context& context) const final;

 private:
  Info info_;
  torch::Tensor pixels_, labels_;
  std::vector<std::int64_t> ids_[3];
  double scale_, shift_;  // input = pixel * scale + shift
};

}  // namespace assay
