// Colored: gray images in a color that goes along with their class.
#pragma once

#include "spurious_images.h"

class Colored final : public SpuriousImages {
 public:
  explicit Colored(const Params& p);

 protected:
  torch::Tensor paint(const torch::Tensor& images, const torch::Tensor& colors) const override;
};
