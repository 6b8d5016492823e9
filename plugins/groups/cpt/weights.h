// The weights of the groups: the entropy test and the two programs, without tensors.
#pragma once

#include <vector>

#include "assay/sdk/tensors.h"

/// Of the groups that are present, in one order.
struct Balance {
  std::vector<double> share;  // h: each group's share of the controlled loss, adding up to 1
  double gap = 0;             // mu = ln G - H(h): 0 where all shares are equal
  std::vector<double> slope;  // a, a positive multiple of d mu / d l
  std::vector<double> loss;   // r l: the worst group has the largest
};

/// `control` is positive and adds up to 1; `losses` are not negative. With `softmax`, h is the
/// softmax of G r l instead of r l over its sum.
Balance balance_of(const std::vector<double>& losses, const std::vector<double>& control,
                   bool softmax);

struct Weights {
  std::vector<double> alpha;  // on the simplex
  bool balancing = false;     // the gap was above the threshold
  bool solved = false;        // otherwise alpha is the control vector
};

/// `gram` holds the groups' inner products of gradients.
Weights weights_of(const Balance& balance, const assay::Gram& gram,
                   const std::vector<double>& control, double threshold);
