// Arithmetic on lists of tensors, such as gradients, in one pass over all tensors of a list.
#pragma once

#include "assay/optimizer.h"

namespace assay {

// All tensors of a call are on one device and of one floating-point type. Lists of unequal lengths
// or shapes throw Error{kShape}. Nothing here is recorded by autograd. Sums over float32 and
// float64 on a CPU do not depend on the number of threads. Functions that return numbers wait for a
// GPU.

/// The L2 norm over all elements of all tensors; 0 for an empty list.
double norm(const Tensors& list);

/// Detached copies of the tensors.
Tensors clone(const Tensors& list);

/// Standard normal numbers in the shapes, types and devices of `like`: tensor i draws from
/// `rng.fork(i)`, so that it does not depend on the others.
Tensors draw_normal(const Tensors& like, const Rng& rng);

/// sum += more, where an empty `sum` stands for zeros. Throws Error{kShape} for lists that differ.
void add(Tensors& sum, Tensors more);

/// Returns start + scale * direction, where possible in the memory of `direction`, which is
/// consumed.
Tensors add_scaled(const Tensors& start, Tensors direction, double scale);

/// The arguments of Gram and weighted_sum(). They are valid as long as `lists` is.
std::vector<const Tensors*> pointers_to(const std::vector<Tensors>& lists);

/// The symmetric matrix [K, K] of the inner products of K lists of tensors, in double precision.
class Gram {
 public:
  Gram() = default;
  /// At least one list is needed; the pointers are used only within this call.
  explicit Gram(const std::vector<const Tensors*>& gradients);
  Gram(std::size_t size, std::vector<double> values) : size_(size), values_(std::move(values)) {}
  std::size_t size() const { return size_; }
  double operator()(std::size_t i, std::size_t j) const { return values_[i * size_ + j]; }
  /// The submatrix of the rows and columns `kept`.
  Gram of(const std::vector<std::size_t>& kept) const;
  const std::vector<double>& values() const { return values_; }  // row by row

 private:
  std::size_t size_ = 0;
  std::vector<double> values_;
};

/// Returns sum_k weights[k] * gradients[k] in new tensors. At least one list, and one weight per
/// list, are needed: Error{kShape} if not.
Tensors weighted_sum(const std::vector<const Tensors*>& gradients,
                     const std::vector<double>& weights);

}  // namespace assay
