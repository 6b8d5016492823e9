// By duality d = g0 + s, where s = sum_k u_k g_k with u >= 0 has the length c |g0|, and d is the
// shortest vector of the hull of all g0 + sigma g_k, sigma = sum_k u_k. |s| grows with sigma; while
// the active u stay the same, u is linear in sigma, and the sigma of a given |s| is known.
#include "weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <Eigen/LU>

#include "assay/sdk/simplex.h"

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kRounding = 1e-13;

class Search {
 public:
  Search(const assay::Gram& gram, double c) : g_(gram.size(), gram.size()) {
    const auto count = g_.rows();
    for (Eigen::Index i = 0; i < count; ++i)
      for (Eigen::Index j = 0; j < count; ++j)
        g_(i, j) = gram(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    b_ = g_.rowwise().mean();  // <g_k, g0>
    square_ = std::max(0.0, b_.mean());
    radius_ = c * std::sqrt(square_);
    length_ = g_.diagonal().cwiseSqrt();
  }

  VectorXd u() const {
    if (radius_ == 0) return VectorXd::Zero(b_.size());
    double low = 0, high = std::numeric_limits<double>::infinity(),
           sigma = radius_ / length_.mean();
    VectorXd u;
    for (int round = 0; round < 100; ++round) {
      u = shortest(sigma);
      const Piece piece(*this, u);
      // No s is longer, however large sigma: 0 lies in the hull, and this d is the best.
      if (piece.flat() && piece.grows() && length(u) <= radius_) return u;
      const double next = piece.sigma();
      if (auto found = piece.at(next); optimal(found)) return found;
      (length(u) < radius_ ? low : high) = sigma;
      if (next > low && next < high)
        sigma = next;
      else
        sigma = std::isinf(high) ? 2 * sigma : (low + high) / 2;
    }
    return u;
  }

 private:
  // The u of one active set: sigma p + q.
  class Piece {
   public:
    Piece(const Search& search, const VectorXd& u)
        : search_(search), p_(VectorXd::Zero(u.size())), q_(p_) {
      std::vector<Eigen::Index> active;
      for (Eigen::Index k = 0; k < u.size(); ++k)
        if (u(k) > 0) active.push_back(k);
      // In z_k = u_k |g_k|, so that gradients of very different lengths do no harm.
      const auto n = static_cast<Eigen::Index>(active.size());
      const VectorXd a = search.length_(active).cwiseInverse();
      const double largest = a.maxCoeff();
      MatrixXd m = MatrixXd::Zero(n + 1, n + 1), right = MatrixXd::Zero(n + 1, 2);
      m.topLeftCorner(n, n) = a.asDiagonal() * search.g_(active, active) * a.asDiagonal();
      m.topRightCorner(n, 1) = a / largest;
      m.bottomLeftCorner(1, n) = a.transpose() / largest;
      right(n, 0) = 1 / largest;
      right.topRightCorner(n, 1) = -a.cwiseProduct(search.b_(active));
      const MatrixXd z = m.fullPivLu().solve(right);
      p_(active) = z.topLeftCorner(n, 1).cwiseProduct(a);
      q_(active) = z.topRightCorner(n, 1).cwiseProduct(a);
      slope_ = p_.dot(search.g_ * p_);  // of |s|^2 in sigma^2
      scale_ = p_.cwiseAbs().dot(search.length_);
    }
    bool flat() const { return slope_ <= kRounding * scale_ * scale_; }
    bool grows() const { return p_.minCoeff() >= 0; }
    double sigma() const {
      const double rest = search_.radius_ * search_.radius_ - q_.dot(search_.g_ * q_);
      return flat() || rest < 0 ? 0 : std::sqrt(rest / slope_);
    }
    VectorXd at(double sigma) const { return sigma * p_ + q_; }

   private:
    const Search& search_;
    VectorXd p_, q_;
    double slope_, scale_;
  };

  VectorXd shortest(double sigma) const {
    std::vector<double> values;
    const auto count = b_.size();
    for (Eigen::Index i = 0; i < count; ++i)
      for (Eigen::Index j = 0; j < count; ++j)
        values.push_back(square_ + sigma * (b_(i) + b_(j)) + sigma * sigma * g_(i, j));
    const auto w = assay::shortest_in_hull({static_cast<std::size_t>(count), std::move(values)});
    return sigma * VectorXd::Map(w.data(), count);
  }
  double length(const VectorXd& u) const { return std::sqrt(std::max(0.0, u.dot(g_ * u))); }

  // No term is served worse than the active ones, which are served alike.
  bool optimal(const VectorXd& u) const {
    if (u.sum() <= 0 || u.minCoeff() < 0) return false;
    const VectorXd served = b_ + g_ * u;
    const double least = u.dot(served) / u.sum();
    const double lengths = std::sqrt(square_) + u.dot(length_);
    return ((served.array() - least) >=
            -kRounding * lengths * (length_.array() + lengths / u.sum()))
        .all();
  }

  MatrixXd g_;
  VectorXd b_, length_;
  double square_, radius_;
};

}  // namespace

std::vector<double> conflict_averse(const assay::Gram& gram, double c) {
  const VectorXd u = Search(gram, c).u();
  std::vector<double> weights;
  for (const double x : u) weights.push_back(x + 1 / static_cast<double>(u.size()));
  return weights;
}
