// SpuriousPatch: images with a bright square in the corner that goes along with their class.
#pragma once

#include "spurious_images.h"

class SpuriousPatch final : public SpuriousImages {
 public:
  static assay::Schema<Params> schema();
  explicit SpuriousPatch(const Params& p);

 protected:
  torch::Tensor paint(const torch::Tensor& images, const torch::Tensor& corners) const override;

 private:
  std::int64_t size_;
};
