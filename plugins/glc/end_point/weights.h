// Weights of the columns, so that end points of dynamic in-line coordinates tell classes apart.
#pragma once

#include <torch/types.h>

#include "assay/rng.h"

namespace glc {

/// Scores x . weight[c] + bias[c], of which the highest is the answer.
struct Lines {
  torch::Tensor weight;  // [classes, columns] double
  torch::Tensor bias;    // [classes] double
};

/// Linear discriminants of `x` [N, D] double by `y` [N] int64: a Gaussian a class, with the pooled
/// covariance and the classes' shares (Fisher, 1936). Directions without variance get weight 0.
/// Biases of classes that do not occur are -inf.
Lines linear_discriminant(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classes);

/// Softmax regression: the minimum of sum_i -log p(y_i | x_i) + |weight|^2 / (2 c), by Newton's
/// method. With two classes the first one's line is 0, as in logistic regression.
Lines logistic(const torch::Tensor& x, const torch::Tensor& y, std::int64_t classes, double c);

/// Where to cut end points [N] double so that most targets are right: those above are of class 1,
/// or, where `flipped`, of class 0. Midway between two end points, of equals the lowest; beyond
/// them all where one class for all has more right.
struct Cut {
  double at = 0;
  bool flipped = false;
  std::int64_t right = 0;
};
Cut best_cut(const torch::Tensor& end_points, const torch::Tensor& y);

}  // namespace glc
