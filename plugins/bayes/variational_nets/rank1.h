// Rank-1 layers.
#pragma once

#include "layers.h"

namespace variational {

std::shared_ptr<Layer> make_rank1(const LayerParams& params, at::IntArrayRef shape, Map map);

}  // namespace variational
