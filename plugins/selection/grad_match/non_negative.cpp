#include "selection/grad_match/non_negative.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>

namespace selection {

void NonNegative::add(const Eigen::VectorXd& products, double with_target) {
  const auto k = products.size();
  gram_.conservativeResize(k, k);
  gram_.row(k - 1) = products;
  gram_.col(k - 1) = products;
  b_.conservativeResize(k);
  b_[k - 1] = with_target;
  w_.conservativeResize(k);
  w_[k - 1] = 0;
  solve();
}

void NonNegative::solve() {
  const double small = 1e-10 * std::max(1e-300, b_.cwiseAbs().maxCoeff());
  std::vector<bool> settled(static_cast<std::size_t>(b_.size()));
  for (const auto k : free_) settled[static_cast<std::size_t>(k)] = true;
  for (Eigen::Index round = 0; round < 3 * b_.size(); ++round) {
    const Eigen::VectorXd slope = b_ - gram_ * w_;
    Eigen::Index next = -1;
    for (Eigen::Index k = 0; k < b_.size(); ++k)
      if (!settled[static_cast<std::size_t>(k)] && slope[k] > small &&
          (next < 0 || slope[k] > slope[next]))
        next = k;
    if (next < 0) return;
    settled[static_cast<std::size_t>(next)] = true;
    if (release(next))
      for (const auto k : step()) settled[static_cast<std::size_t>(k)] = false;
  }
}

// Lets weight k be positive: adds a row to the Cholesky factor of the free columns' products.
// Returns false if the free columns span column k.
bool NonNegative::release(Eigen::Index k) {
  const auto size = std::ssize(free_);
  const Eigen::VectorXd row =
      factor_.triangularView<Eigen::Lower>().solve(Eigen::VectorXd(gram_(free_, k)));
  const double rest = gram_(k, k) - row.squaredNorm();
  if (rest <= 1e-13 * gram_(k, k)) return false;
  factor_.conservativeResize(size + 1, size + 1);
  factor_.col(size).setZero();
  factor_.row(size).head(size) = row;
  factor_(size, size) = std::sqrt(rest);
  free_.push_back(k);
  return true;
}

// Moves to the best weights of the free columns, as far as none turns negative. Returns those that
// reached zero, which are no longer free.
std::vector<Eigen::Index> NonNegative::step() {
  std::vector<Eigen::Index> ended;
  for (;;) {
    Eigen::VectorXd best = factor_.triangularView<Eigen::Lower>().solve(Eigen::VectorXd(b_(free_)));
    factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(best);
    double far = 1;
    for (std::size_t k = 0; k < free_.size(); ++k)
      if (best[k] <= 0) far = std::min(far, w_[free_[k]] / (w_[free_[k]] - best[k]));
    std::vector<Eigen::Index> left;
    for (std::size_t k = 0; k < free_.size(); ++k) {
      auto& w = w_[free_[k]];
      w += far * (best[k] - w);
      const bool at_zero = best[k] <= 0 && w <= 1e-14 * std::abs(best[k]) + 1e-300;
      if (at_zero) w = 0;
      (at_zero ? ended : left).push_back(free_[k]);
    }
    if (left.size() < free_.size()) {
      free_ = std::move(left);
      factor_ = Eigen::MatrixXd(gram_(free_, free_)).llt().matrixL();
    }
    if (far == 1) return ended;
  }
}

}  // namespace selection
