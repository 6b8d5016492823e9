// Wolfe, "Finding the nearest point in a polytope", Mathematical Programming 1976, on inner
// products: an active-set method that ends after finitely many exact solutions.
#include "assay/sdk/simplex.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <Eigen/Cholesky>

namespace assay {
namespace {

constexpr double kRounding = 4e-15;  // of an inner product, over the lengths
constexpr double kDependent = 1e-7;  // root of a pivot below which a vector adds no direction

class Wolfe {
 public:
  explicit Wolfe(const Gram& gram) : gram_(gram), w_(gram.size()) {
    for (std::size_t k = 0; k < w_.size(); ++k)
      length_.push_back(std::sqrt(std::max(0.0, gram(k, k))));
    active_ = {static_cast<std::size_t>(std::min_element(length_.begin(), length_.end()) -
                                        length_.begin())};
    w_[active_.front()] = 1;
  }

  std::vector<double> solve() {
    // Each round shortens the vector; the bound is for rounding errors alone.
    for (std::size_t round = 0; round < 16 * w_.size(); ++round) {
      const auto next = furthest_below();
      if (!next) break;
      active_.push_back(*next);
      if (!shorten()) break;
    }
    return w_;
  }

 private:
  double with(std::size_t k) const {  // <g_k, x>
    double sum = 0;
    for (const auto i : active_) sum += gram_(k, i) * w_[i];
    return sum;
  }

  // The vector that lies furthest below the plane through x, at a right angle to x.
  std::optional<std::size_t> furthest_below() const {
    double square = 0, lengths = 0;
    for (const auto i : active_) {
      square += w_[i] * with(i);
      lengths += w_[i] * length_[i];
    }
    std::optional<std::size_t> found;
    double deepest = 0;
    for (std::size_t k = 0; k < w_.size(); ++k) {
      if (std::find(active_.begin(), active_.end(), k) != active_.end() || length_[k] == 0)
        continue;
      const double depth = square - with(k);
      if (depth <= kRounding * lengths * (length_[k] + lengths)) continue;
      if (depth / length_[k] > deepest) deepest = depth / length_[k], found = k;
    }
    return found;
  }

  // Moves to the shortest vector of the active ones' affine hull, or as far as weights stay
  // positive, without those that fall to 0, and again; false where the last one adds nothing.
  bool shorten() {
    while (true) {
      const auto y = affine();
      if (y.empty()) {
        active_.pop_back();
        return false;
      }
      double share = 1;
      std::size_t blocking = active_.size();
      for (std::size_t i = 0; i < active_.size(); ++i) {
        if (y[i] > 0) continue;
        const double w = w_[active_[i]], here = w > y[i] ? w / (w - y[i]) : 0;
        if (blocking == active_.size() || here < share) share = here, blocking = i;
      }
      for (std::size_t i = 0; i < active_.size(); ++i)
        w_[active_[i]] += share * (y[i] - w_[active_[i]]);
      if (blocking == active_.size()) return true;
      w_[active_[blocking]] = 0;
      active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(blocking));
    }
  }

  // Weights, of any sign, of the shortest vector in the affine hull; none where it has too few
  // directions. In z_i = w_i |g_i|, so that gradients of very different lengths do no harm.
  std::vector<double> affine() const {
    const auto n = static_cast<Eigen::Index>(active_.size());
    Eigen::VectorXd a(n);
    Eigen::MatrixXd m(n, n);
    for (Eigen::Index i = 0; i < n; ++i) a(i) = 1 / length_[at(i)];
    const Eigen::VectorXd unit = a.normalized();
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j <= i; ++j)
        m(i, j) = gram_(at(i), at(j)) * a(i) * a(j) + unit(i) * unit(j);
    const Eigen::LLT<Eigen::MatrixXd> factor(m);
    if (factor.info() != Eigen::Success || factor.matrixLLT().diagonal().minCoeff() < kDependent)
      return {};
    const Eigen::VectorXd y = factor.solve(a).cwiseProduct(a);
    std::vector<double> weights;
    for (Eigen::Index i = 0; i < n; ++i) weights.push_back(y(i) / y.sum());
    return weights;
  }
  std::size_t at(Eigen::Index i) const { return active_[static_cast<std::size_t>(i)]; }

  const Gram& gram_;
  std::vector<double> w_, length_;
  std::vector<std::size_t> active_;
};

}  // namespace

std::vector<double> shortest_in_hull(const Gram& gram) {
  return Wolfe(gram).solve();
}

}  // namespace assay
