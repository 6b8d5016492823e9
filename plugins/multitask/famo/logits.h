// The logits of FAMO's weights, and what moves them.
#pragma once

#include <vector>

#include "assay/value.h"

/// xi, which Adam (Kingma and Ba, ICLR 2015) moves with its usual decays, and Adam's memory.
struct Logits {
  assay::Reals xi, mean, square;
  std::int64_t count = 0;

  /// z, their softmax.
  std::vector<double> softmax() const;
  /// A step along J^T fall + weight_decay xi, J the Jacobian of the softmax.
  void descend(const std::vector<double>& fall, double lr, double weight_decay);
};
