// Tensors from golden numbers.
#pragma once

#include "selection/shared/places.h"
#include "tests/support/golden.h"

namespace selection::testing {

/// [N, D] double of a list of N lists.
inline torch::Tensor matrix(const nlohmann::json& rows) {
  std::vector<double> all;
  for (const auto& row : rows)
    for (const auto& x : row) all.push_back(x.get<double>());
  return torch::tensor(all, torch::kDouble).view({std::ssize(rows), -1});
}

}  // namespace selection::testing
