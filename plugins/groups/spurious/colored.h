// Colored: grey images in a colour that goes along with their class.
#pragma once

#include "spurious_images.h"

class Colored final : public SpuriousImages {
 public:
  explicit Colored(const Params& p);

 protected:
  torch::Tensor paint(const torch::Tensor& images, const torch::Tensor& colours) const override;
};
