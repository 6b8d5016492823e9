// alpha is where a^T C a / 2 - sum_i ln a_i is smallest: convex and self-concordant, so damped
// Newton steps get there from anywhere (Boyd and Vandenberghe, "Convex Optimization", 2004,
// section 9.6).
#include "bargain.h"

#include <cmath>

#include <Eigen/Cholesky>

std::vector<double> bargain(const assay::Gram& gram) {
  const auto count = static_cast<Eigen::Index>(gram.size());
  Eigen::VectorXd length(count), z = Eigen::VectorXd::Ones(count);  // z_i = alpha_i |g_i|
  Eigen::MatrixXd r(count, count);                                  // cosines
  const auto at = [](Eigen::Index i) { return static_cast<std::size_t>(i); };
  for (Eigen::Index i = 0; i < count; ++i) length(i) = std::sqrt(gram(at(i), at(i)));
  for (Eigen::Index i = 0; i < count; ++i)
    for (Eigen::Index j = 0; j < count; ++j) r(i, j) = gram(at(i), at(j)) / (length(i) * length(j));
  constexpr double kFar = 1e6;
  double previous = 1;
  for (int round = 0; round < 200 && z.maxCoeff() < kFar; ++round) {
    const Eigen::VectorXd inverse = z.cwiseInverse(), slope = r * z - inverse;
    Eigen::MatrixXd hessian = r;
    hessian.diagonal() += inverse.cwiseAbs2();
    const Eigen::VectorXd move = hessian.llt().solve(slope);
    const double decrement = std::sqrt(std::max(0.0, slope.dot(move)));
    z -= move / (decrement > 0.25 ? 1 + decrement : 1);
    // Each of the last steps squares the decrement, until nothing but rounding is left.
    if (decrement < 1e-9 || (decrement < 0.01 && decrement >= previous)) {
      const Eigen::VectorXd alpha = z.cwiseQuotient(length);
      return {alpha.begin(), alpha.end()};
    }
    previous = decrement;
  }
  return std::vector<double>(gram.size(), 0);
}
