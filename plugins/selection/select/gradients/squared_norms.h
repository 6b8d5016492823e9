// The squared norm of each sample's gradient, exactly, from the factors that it is made of.
#pragma once

#include <map>
#include <vector>

#include "selection/select/gradients/op_rules.h"

namespace selection {

/// Takes the stretches of the gradients of B samples and adds up their squared norms. Stretches
/// that overlap, as those of a weight that is used twice, are added before they are squared.
class SquaredNorms final : public Sink {
 public:
  explicit SquaredNorms(std::int64_t samples) : samples_(samples) {}

  void outer(const Block& block, const torch::Tensor& left, const torch::Tensor& right) override;
  void vector(const Block& block, const torch::Tensor& v) override;

  /// [B] double, on the CPU; zeros if there were none.
  torch::Tensor sums() const;

 private:
  // sum_t left[b, t] (outer) right[b, t], or `left` [B, w] alone.
  struct Stretch {
    std::int64_t offset = 0;
    torch::Tensor left, right;
    std::int64_t width() const;
    torch::Tensor whole() const;  // [B, width] double
  };
  static torch::Tensor squared(const Stretch& stretch);
  static torch::Tensor squared(const std::vector<Stretch>& stretches);

  std::int64_t samples_;
  std::map<std::size_t, std::vector<Stretch>> of_parameter_;
};

}  // namespace selection
