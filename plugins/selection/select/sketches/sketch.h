// Random maps of R^r to R^m that keep lengths and inner products, as Johnson and Lindenstrauss
// found: "Extensions of Lipschitz mappings into a Hilbert space", 1984. The matrix is given by a
// seed, one for the whole data set, and never stored: a part of it is made when it is needed.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include <torch/types.h>

#include "assay/rng.h"

namespace selection {

/// For gradients of samples that come part by part: E |out|^2 = |x|^2 for each sample, and
/// E <out, out'> = <x, x'> for each two.
class Sketch {
 public:
  virtual ~Sketch() = default;

  /// Adds the images of `x` [B, w], coordinates `offset` to offset + w, to `out` [B, m].
  virtual void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const = 0;

  /// The same of sum_t left[b, t] (outer) right[b, t], row by row: `left` is [B, T, o], `right`
  /// [B, T, i]. By default they are multiplied out, a few rows at a time.
  virtual void add_outer(const torch::Tensor& left, const torch::Tensor& right, std::int64_t offset,
                         torch::Tensor& out) const;
};

/// Coordinates `offset` to offset + width lie in blocks of `size`: calls visit(block, first, at,
/// count) for each, whose `count` of them begin at `first` in the block and at `at` in the stretch.
template <class Visit>
void for_blocks(std::int64_t offset, std::int64_t width, std::int64_t size, const Visit& visit) {
  for (std::int64_t at = 0; at < width;) {
    const auto block = (offset + at) / size, first = (offset + at) % size;
    const auto count = std::min(size - first, width - at);
    visit(block, first, at, count);
    at += count;
  }
}

/// N(0, 1/m), independent.
std::unique_ptr<Sketch> gaussian_sketch(std::int64_t m, const assay::Rng& rng);

/// `nonzeros` entries of +-1/sqrt(nonzeros) in each row, at places that differ (Kane and Nelson,
/// "Sparser Johnson-Lindenstrauss transforms", J. ACM 2014); one of them is CountSketch. Throws
/// assay::Error{kParameter} where nonzeros is above m.
std::unique_ptr<Sketch> sparse_sign_sketch(std::int64_t m, std::int64_t nonzeros,
                                           const assay::Rng& rng);

/// Subsampled randomized Hadamard transforms of stretches of coordinates, added up: signs, a
/// Hadamard matrix, m of its rows (Tropp, "Improved analysis of the subsampled randomized Hadamard
/// transform", 2011; in blocks, Balabanov, Beaupere, Grigori and Lederer, 2022).
std::unique_ptr<Sketch> hadamard_sketch(std::int64_t m, const assay::Rng& rng);

/// Of an outer product (a . left) (b . right) / sqrt(m) with signs a and b for each of the m: never
/// multiplied out, and the fastest. What is no outer product is mapped as by `gaussian`. Lengths
/// are kept in the mean; a matrix of rank one spreads more than by `gaussian`, by up to 8/m instead
/// of 2/m.
std::unique_ptr<Sketch> kronecker_sketch(std::int64_t m, const assay::Rng& rng);

/// "gaussian", "sparse_sign", "count", "hadamard", "kronecker".
std::unique_ptr<Sketch> sketch_of(const std::string& name, std::int64_t m, const assay::Rng& rng);

}  // namespace selection
