// Least squares with non-negative weights, column by column.
#pragma once

#include <vector>

#include <Eigen/Core>

namespace selection {

/// Lawson and Hanson, "Solving least squares problems", 1974, from inner products. Columns are
/// added one at a time, and each solution starts from the one before, so that n columns take about
/// n^3 operations.
class NonNegative {
 public:
  /// `products` [k]: the new column's inner products with the k - 1 columns before and with itself;
  /// `with_target`: that with the target.
  void add(const Eigen::VectorXd& products, double with_target);
  const Eigen::VectorXd& weights() const { return w_; }

 private:
  void solve();
  bool release(Eigen::Index k);
  std::vector<Eigen::Index> step();

  Eigen::MatrixXd gram_, factor_;
  Eigen::VectorXd b_, w_;
  std::vector<Eigen::Index> free_;  // weights that may be positive, in the order of factor_'s rows
};

}  // namespace selection
