// Lanczos' method with full re-orthogonalization.
#pragma once

#include <functional>

#include "assay/state.h"

/// The tridiagonal matrix T = Q^T H Q of a symmetric H, grown by one row per step; C. Lanczos, "An
/// iteration method for the solution of the eigenvalue problem", 1950. Each new vector is made
/// orthogonal to all before it twice, so that no eigenvalue appears again as a ghost.
class Lanczos final : public assay::Stateful {
 public:
  using Product = std::function<torch::Tensor(const torch::Tensor& v)>;

  Lanczos() = default;
  /// `start` [n] is normalized.
  explicit Lanczos(const torch::Tensor& start);

  /// Adds a row to T, by one product with H. Does nothing once the vectors span a subspace that H
  /// maps into itself.
  void advance(const Product& product);
  bool is_exhausted() const { return exhausted_; }
  std::int64_t size() const { return static_cast<std::int64_t>(diagonal_.size()); }

  struct Ritz {
    torch::Tensor values;   // [size], ascending, float64
    torch::Tensor weights;  // [size]: squares of the first components of T's eigenvectors
    torch::Tensor errors;   // [size]: |H y - value y| of each Ritz vector y
  };
  Ritz ritz() const;
  double first_quotient() const { return diagonal_.at(0); }  // of the unit vector
  double start_squared() const { return start_squared_; }    // |start|^2

  void save(assay::State& state) const override;
  void load(const assay::State& state) override;

 private:
  assay::Tensors basis_;  // [n] each, orthonormal; the last one is the next v
  std::vector<double> diagonal_, off_diagonal_;
  bool exhausted_ = false;
  double start_squared_ = 0;
};
