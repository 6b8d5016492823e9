// Images: base class of image datasets that fit into memory as bytes, and pixels of a batch.
#pragma once

#include <vector>

#include "assay/dataset.h"

namespace assay {

/// A derived dataset only reads its files.
class ImageSet : public Dataset, public Images {
 public:
  struct Files {
    torch::Tensor pixels;  // [N, H, W] or [N, C, H, W] uint8
    torch::Tensor labels;  // [N] int64, from 0
  };
  struct Cut {
    std::int64_t validation = 0;   // images
    std::int64_t train_limit = 0;  // images; 0: all
  };
  /// Of pixels in [0, 1], one number per channel.
  struct Normalization {
    std::vector<double> mean, deviation;
  };

  /// A derived dataset with abilities() of its own repeats "Classes" there.
  static std::vector<std::string> abilities() { return {"Classes"}; }

  /// Images of all splits, each with its id as its place.
  struct Sorted {
    Files files;
    std::vector<std::int64_t> ids[3];       // per Split, ascending
    std::vector<std::int64_t> groups = {};  // of each image; empty: there are no groups
    std::vector<std::string> group_names = {};
    std::string read = {};  // as Info::read
  };

  /// Batch::input is (pixel / 255 - mean) / deviation, [B, C, H, W] float32. `test` may be
  /// undefined. Ids number the training images first, then the test images. The last
  /// Cut::validation training images form the validation split; Cut::train_limit keeps the first of
  /// the others. Ids do not depend on the cut. The classes are those of `class_names`; without any,
  /// there are as many as the largest label plus 1.
  /// Throws Error{kData} if training and test images differ in shape, if no training image is left,
  /// or if `normalization` does not have one mean and one deviation above 0 per channel.
  ImageSet(const Files& train, const Files& test, Cut cut, const Normalization& normalization,
           std::vector<std::string> class_names);
  /// As above.
  ImageSet(Sorted images, const Normalization& normalization, std::vector<std::string> class_names);

  const Info& info() const final { return info_; }
  std::span<const std::int64_t> ids(Split split) const final {
    return ids_[static_cast<std::size_t>(split)];
  }
  std::span<const std::int64_t> groups(Split split) const final {
    return groups_[static_cast<std::size_t>(split)];
  }
  torch::Tensor targets(Split split) const final;
  Batch load(std::span<const std::int64_t> ids, const Context& context) const final;

 private:
  static Sorted sorted(const Files& train, const Files& test, Cut cut);
  void normalize(const Normalization& normalization);

  Info info_;
  torch::Tensor pixels_, labels_, group_;  // [N, C, H, W], [N], [N]
  std::vector<std::int64_t> ids_[3], groups_[3];
  std::vector<float> scale_, shift_;  // input = pixel * scale + shift, per channel
};

/// How a dataset's images are normalized, for transforms and attacks that work on pixels in [0, 1].
class Pixels {
 public:
  /// Throws Error{kParameter} unless the samples are images [C, H, W] with a known normalization.
  explicit Pixels(const Info& info);

  std::int64_t channels() const { return mean_.size(0); }
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  torch::Tensor black() const { return -mean_ / deviation_; }       // [C, 1, 1], of a pixel 0
  torch::Tensor white() const { return (1 - mean_) / deviation_; }  // [C, 1, 1], of a pixel 1
  const torch::Tensor& deviation() const { return deviation_; }     // [C, 1, 1]

 private:
  torch::Tensor mean_, deviation_;  // [C, 1, 1] float32, on the CPU
  std::int64_t height_, width_;
};

}  // namespace assay
