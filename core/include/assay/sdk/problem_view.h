// Views of a Problem, for optimizers that wrap another one: the wrapper passes its base a view.
#pragma once

#include <optional>

#include "assay/optimizer.h"

namespace assay {

/// Forwards every call to `inner`, which must outlive the view. A wrapper overrides what it
/// changes. gradient() is not virtual: it calls raw_gradient() of the view and clips the result.
class ProblemView : public Problem {
 public:
  explicit ProblemView(Problem& inner) : inner_(inner) {}
  ~ProblemView() override;
  const Tensors& parameters() const override { return inner_.parameters(); }
  const std::vector<std::string>& terms() const override { return inner_.terms(); }
  const std::vector<int>& owners() const override { return inner_.owners(); }
  double learning_rate_factor() const override { return inner_.learning_rate_factor(); }
  const Rng& rng() const override { return inner_.rng(); }
  void report(std::string_view name, double value) override { inner_.report(name, value); }
  std::string combined_by() const override { return inner_.combined_by(); }
  double largest_norm() const override { return inner_.largest_norm(); }
  double loss() override { return inner_.loss(); }
  std::vector<double> losses() override { return inner_.losses(); }
  Gradient raw_gradient() override { return inner_.raw_gradient(); }
  std::vector<Gradient> gradient_per_term() override { return inner_.gradient_per_term(); }
  Gradient gradient_of_term(std::size_t k) override { return inner_.gradient_of_term(k); }
  Gradient weighted_gradient(const Weigh& weigh) override {
    return inner_.weighted_gradient(weigh);
  }
  std::vector<GroupGradient> gradient_per_group() override { return inner_.gradient_per_group(); }
  Gradient group_weighted_gradient(const WeighGroups& weigh) override {
    return inner_.group_weighted_gradient(weigh);
  }
  std::vector<Part> split(std::int64_t samples) override { return inner_.split(samples); }

  /// Lets `base` take its step with this view; returns the loss before the step.
  virtual double step(Optimizer& base);

 protected:
  Problem& inner_;
};

/// Base class of views that combine terms, groups or parts of the batch into one gradient. The
/// derived class overrides raw_gradient(). The view has a single term; calls for gradients of terms
/// or groups and split() throw Error{kParameter}, because ignoring the combination would be
/// silently wrong.
class CombinedGradient : public ProblemView {
 public:
  /// `wrapper` is its registered name, for messages.
  CombinedGradient(Problem& inner, std::string wrapper);
  ~CombinedGradient() override;

  const std::vector<std::string>& terms() const override { return terms_; }
  const std::vector<int>& owners() const override { return owners_; }
  std::string combined_by() const override { return combined_by_; }
  double loss() override { return inner_.loss(); }
  std::vector<double> losses() override { return {inner_.loss()}; }
  std::vector<Gradient> gradient_per_term() override { refuse_parts("terms"); }
  Gradient gradient_of_term(std::size_t) override { refuse_parts("terms"); }
  Gradient weighted_gradient(const Weigh&) override { refuse_parts("terms"); }
  std::vector<GroupGradient> gradient_per_group() override { refuse_parts("groups"); }
  Gradient group_weighted_gradient(const WeighGroups&) override { refuse_parts("groups"); }
  std::vector<Part> split(std::int64_t) override { refuse_parts("parts of the batch"); }

 private:
  [[noreturn]] void refuse_parts(const std::string& what) const;

  std::string combined_by_;
  std::vector<std::string> terms_;
  std::vector<int> owners_;
};

/// Replaces the weights for the lifetime of the object. The destructor restores the original
/// tensors, also after an exception; subtracting e from w + e would not give w in floating point.
class ScopedWeights {
 public:
  /// Lets `weights` use the memory of `there`, which has the same shapes and dtypes. Nothing is
  /// copied.
  ScopedWeights(const Tensors& weights, const Tensors& there);
  ~ScopedWeights();
  ScopedWeights(const ScopedWeights&) = delete;

 private:
  Tensors weights_, start_;
};

/// A view whose gradients are taken at perturbed weights w + e, as in SAM. Gradients of terms and
/// groups are taken at the same w + e, found from the gradient of the whole loss. loss() and
/// losses() are those at w. Each gradient call costs 1 forward and 1 backward in addition. split()
/// throws Error{kParameter}.
class AscentProblem : public ProblemView {
 public:
  /// Maps the gradient at w (unclipped, to be overwritten at will) to the weights w + e. Called
  /// under a NoGradGuard.
  using Perturb = std::function<Tensors(Gradient here)>;

  /// `wrapper` is its registered name, for messages. `perturb` may be empty in check().
  AscentProblem(Problem& inner, std::string wrapper, Perturb perturb);
  ~AscentProblem() override;

  Gradient raw_gradient() override;
  std::vector<Gradient> gradient_per_term() override;
  Gradient gradient_of_term(std::size_t index) override;
  Gradient weighted_gradient(const Weigh& weigh) override;
  std::vector<GroupGradient> gradient_per_group() override;
  Gradient group_weighted_gradient(const WeighGroups& weigh) override;
  std::vector<Part> split(std::int64_t samples) override;

  double step(Optimizer& base) override;  // returns the loss at w

 private:
  ScopedWeights perturb_weights();

  std::string combined_by_;
  Perturb perturb_;
  std::optional<double> start_;  // the loss at w, once a gradient has been taken
};

}  // namespace assay
