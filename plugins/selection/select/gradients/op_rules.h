// The gradient of each sample, from what an operator was given and the gradient of its result:
// Goodfellow, "Efficient per-example gradient computations", arXiv 1510.01799, for sums of outer
// products of any length.
#pragma once

#include "selection/select/gradients/capture.h"

namespace selection {

/// How the samples of a batch lie in the first dimensions of a tensor: one after another, each with
/// its own places; or place by place, each of all samples, as attention in LibTorch has it.
enum class Order { kBySample, kByPlace };

/// [B, T, f] of a tensor of B samples whose last `f` elements belong together.
torch::Tensor places_of(const torch::Tensor& x, Order order, std::int64_t samples, std::int64_t f);

/// Takes what the gradient of a stretch of parameters is made of.
class Sink {
 public:
  virtual ~Sink() = default;
  /// sum_t left[b, t] (outer) right[b, t], row by row; `left` [B, T, o], `right` [B, T, i].
  virtual void outer(const Block& block, const torch::Tensor& left, const torch::Tensor& right) = 0;
  virtual void vector(const Block& block, const torch::Tensor& v) = 0;  // [B, w]
};

/// Whether there is a rule for the parameter that is input k.
bool has_rule(const Use& use, std::size_t k, const Capture& capture);

/// `gradient` is that of the result, of a sum over samples. Throws assay::Error{kParameter} for a
/// batch norm that takes the statistics of the batch, in which no sample has a gradient of its own.
void give(const Use& use, const torch::Tensor& gradient, Order order, std::int64_t samples,
          const Capture& capture, Sink& sink);

}  // namespace selection
