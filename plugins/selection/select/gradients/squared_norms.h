// The squared norm of each sample's gradient, exactly, from the factors that it is made of.
#pragma once

#include <map>
#include <vector>

#include "selection/select/gradients/op_rules.h"

namespace selection {

/// Takes the stretches of the gradients of B samples and adds up their squared norms. Stretches of
/// a parameter that is used several times may overlap: they are kept until the end, and added
/// before they are squared.
class SquaredNorms final : public Sink {
 public:
  /// `uses` is the number of uses of each parameter. At most `largest` elements are multiplied out
  /// at a time, or those of one sample.
  SquaredNorms(std::int64_t samples, std::vector<int> uses, std::int64_t largest = 1 << 24);

  void outer(const Block& block, const torch::Tensor& left, const torch::Tensor& right) override;
  void vector(const Block& block, const torch::Tensor& v) override;

  /// [B] double, on the CPU; zeros if there were no stretches.
  torch::Tensor sum_up() const;

 private:
  // sum_t left[b, t] (outer) right[b, t], or `left` [B, w] alone.
  struct Stretch {
    std::int64_t offset = 0;
    torch::Tensor left, right;

    std::int64_t width() const;
    Stretch narrow(std::int64_t first, std::int64_t count) const;
    torch::Tensor multiply_out() const;  // [B, width] double
  };
  void take(const Block& block, Stretch stretch);
  torch::Tensor square(const Stretch& stretch) const;
  torch::Tensor square_sum(const std::vector<Stretch>& stretches) const;

  std::vector<int> uses_;
  std::int64_t largest_;
  torch::Tensor squares_;
  std::map<std::size_t, std::vector<Stretch>> kept_;  // by parameter
};

}  // namespace selection
