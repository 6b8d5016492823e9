// Watches: what a component must leave alone.
#pragma once

#include <sys/types.h>

#include "assay/sdk/problem_view.h"

namespace assay::conformance {

/// Counts what is written to standard output in its lifetime; it is not seen.
class OutputWatch {
 public:
  OutputWatch();
  ~OutputWatch();
  OutputWatch(const OutputWatch&) = delete;
  bool is_silent() const;

 private:
  int saved_, file_;
};

/// Whether LibTorch's default generator, which belongs to dropout and the initialization of layers,
/// was drawn from or seeded.
class GeneratorWatch {
 public:
  GeneratorWatch();
  bool was_used() const;
  const torch::Tensor& state() const { return state_; }  // as it was found

 private:
  torch::Tensor state_;
};

/// Whether any of the tensors was written to, by their version counters and bytes.
class TensorWatch {
 public:
  explicit TensorWatch(Tensors tensors);
  bool has_changed() const;

 private:
  Tensors tensors_, copies_;
  std::vector<std::int64_t> versions_;
};

/// A view that tells whether the optimizer uses the default generator between its evaluations. An
/// evaluation seeds it.
class WatchedProblem final : public ProblemView {
 public:
  explicit WatchedProblem(Problem& inner) : ProblemView(inner), inner_(inner) {}
  double loss() override;
  Gradient raw_gradient() override;
  std::vector<Part> losses(By by) override;
  std::vector<Part> gradients(By by) override;
  Part gradient_of(By by, std::int64_t index) override;
  Gradient weighted_gradient(By by, const Weigh& weigh) override;
  Tensors hessian_times(const Tensors& v) override;
  double largest_norm() const override {
    was_clipped_ = true;
    return inner_.largest_norm();
  }
  /// What the parts of a split batch evaluate is not seen: nothing is said of the step then.
  std::vector<Subproblem> split(std::int64_t samples) override;

  /// Whether gradient() was asked for, which clips.
  bool was_clipped() const { return was_clipped_; }
  /// After the step.
  bool was_generator_used() const { return !was_split_ && (used_ || watch_.was_used()); }

 private:
  template <class Evaluate>
  auto evaluated(const Evaluate& evaluate) {
    used_ = used_ || watch_.was_used();
    auto result = evaluate();
    watch_ = GeneratorWatch();
    return result;
  }

  Problem& inner_;
  GeneratorWatch watch_;
  bool used_ = false, was_split_ = false;
  mutable bool was_clipped_ = false;
};

}  // namespace assay::conformance
