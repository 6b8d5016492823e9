// Arithmetic on whole lists of tensors, such as gradients: one pass over all of them at once.
#pragma once

#include "assay/optimizer.h"

namespace assay {

// Lists of one device and one floating-point type; two lists are laid out alike. On a GPU a number
// waits for the device.

/// The L2 norm of all elements together.
double norm(const Tensors& list);

/// `start` + scale * `direction`, in the memory of `direction`.
Tensors moved(const Tensors& start, Tensors direction, double scale);

/// Inner products of K gradients, as a [K, K] matrix.
class Gram {
 public:
  Gram() = default;
  explicit Gram(const std::vector<const Tensors*>& gradients);
  Gram(std::size_t size, std::vector<double> values) : size_(size), values_(std::move(values)) {}
  std::size_t size() const { return size_; }
  double operator()(std::size_t i, std::size_t j) const { return values_[i * size_ + j]; }
  /// Rows and columns `kept` alone.
  Gram of(const std::vector<std::size_t>& kept) const;
  const std::vector<double>& values() const { return values_; }  // row by row

 private:
  std::size_t size_ = 0;
  std::vector<double> values_;
};

/// sum_k weights[k] * gradients[k].
Tensors combined(const std::vector<const Tensors*>& gradients, const std::vector<double>& weights);

}  // namespace assay
