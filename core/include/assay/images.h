// ImageSet: grey images held as bytes, with their labels and splits. What idx data sets share.
#pragma once

#include <vector>

#include "assay/dataset.h"

namespace assay {

/// A data set derives from it and says where its files lie. Ids count the training images first,
/// then the test images. The last `validation` of the training images are the validation split;
/// `train_limit` keeps the first of the rest.
class ImageSet : public Dataset {
 public:
  struct Images {
    torch::Tensor pixels;  // [N, H, W] uint8
    torch::Tensor labels;  // [N] int64
  };
  struct Cut {
    std::int64_t validation = 0;
    std::int64_t train_limit = 0;  // 0: all
  };

  /// Input is (pixel / 255 - mean) / deviation, [1, H, W]. Throws Error{kData} where train and test
  /// differ in size, or the cut leaves nothing to train on.
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
