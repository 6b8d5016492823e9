// A linear program over the probability simplex, solved by COIN-OR's CLP.
#pragma once

#include <optional>
#include <vector>

/// One constraint: sum_i row[i] x_i >= low.
struct AtLeast {
  std::vector<double> row;
  double low;
};

/// The x that maximizes sum_i objective[i] x_i with x >= 0, sum x = 1 and all constraints; nothing
/// where no x keeps them.
std::optional<std::vector<double>> maximize_on_simplex(const std::vector<double>& objective,
                                                       const std::vector<AtLeast>& constraints);
