// Views of a Problem, for optimizers that wrap another one: the wrapper passes its base a view.
#pragma once

#include <optional>

#include "assay/optimizer.h"
#include "assay/sdk/scoped_weights.h"

namespace assay {

/// Forwards every call to `inner`, which must outlive the view. A wrapper overrides what it
/// changes. gradient() is not virtual: it calls raw_gradient() of the view and clips the result. A
/// view that changes gradients must change them in all functions that give some, split() included:
/// derive from ChangedGradient, CombinedGradient or AscentProblem, which do.
class ProblemView : public Problem {
 public:
  explicit ProblemView(Problem& inner) : inner_(inner) {}
  ~ProblemView() override;
  const Tensors& parameters() const override { return inner_.parameters(); }
  const std::vector<std::string>& parameter_names() const override {
    return inner_.parameter_names();
  }
  const std::vector<int>& owners() const override { return inner_.owners(); }
  std::vector<Role> roles() const override { return inner_.roles(); }
  const std::vector<std::string>& names(By by) const override { return inner_.names(by); }
  double learning_rate_factor() const override { return inner_.learning_rate_factor(); }
  const Rng& rng() const override { return inner_.rng(); }
  void report(std::string_view name, double value) override { inner_.report(name, value); }
  std::string combined_by() const override { return inner_.combined_by(); }
  double largest_norm() const override { return inner_.largest_norm(); }
  double loss() override { return inner_.loss(); }
  Gradient raw_gradient() override { return inner_.raw_gradient(); }
  std::vector<Part> losses(By by) override { return inner_.losses(by); }
  std::vector<Part> gradients(By by) override { return inner_.gradients(by); }
  Part gradient_of(By by, std::int64_t index) override { return inner_.gradient_of(by, index); }
  Gradient weighted_gradient(By by, const Weigh& weigh) override {
    return inner_.weighted_gradient(by, weigh);
  }
  Tensors hessian_times(const Tensors& v) override { return inner_.hessian_times(v); }
  std::vector<Subproblem> split(std::int64_t samples) override { return inner_.split(samples); }

  /// Lets `base` take its step with this view; returns the loss before the step.
  virtual double step(Optimizer& base);

 protected:
  Problem& inner_;
};

/// Base class of views that change every gradient in the same way: that of the loss, and those of
/// terms, groups and parts of the batch. hessian_times() throws Error{kParameter}.
class ChangedGradient : public ProblemView {
 public:
  /// `wrapper` is its registered name, for messages.
  ChangedGradient(Problem& inner, std::string wrapper);
  ~ChangedGradient() override;

  Gradient raw_gradient() override;
  std::vector<Part> gradients(By by) override;
  Part gradient_of(By by, std::int64_t index) override;
  Gradient weighted_gradient(By by, const Weigh& weigh) override;
  Tensors hessian_times(const Tensors&) override;
  std::vector<Subproblem> split(std::int64_t samples) override;

 protected:
  /// Changes a gradient, a list like parameters(), in place or not. Called under a NoGradGuard.
  virtual void change(Tensors& gradient) = 0;

 private:
  class Piece;

  std::string wrapper_;
};

/// Base class of views that combine terms, groups or parts of the batch into one gradient. The
/// derived class overrides raw_gradient(). The view has a single term. Calls for terms, groups,
/// products with the Hessian and split() throw Error{kParameter}, because ignoring the combination
/// would be silently wrong.
class CombinedGradient : public ProblemView {
 public:
  /// `wrapper` is its registered name, for messages.
  CombinedGradient(Problem& inner, std::string wrapper);
  ~CombinedGradient() override;

  const std::vector<int>& owners() const override { return owners_; }
  const std::vector<std::string>& names(By by) const override {
    return by == By::kTerm ? terms_ : inner_.names(by);
  }
  std::string combined_by() const override { return combined_by_; }
  std::vector<Part> losses(By by) override { refuse(by); }
  std::vector<Part> gradients(By by) override { refuse(by); }
  Part gradient_of(By by, std::int64_t) override { refuse(by); }
  Gradient weighted_gradient(By by, const Weigh&) override { refuse(by); }
  Tensors hessian_times(const Tensors&) override { refuse("products with a Hessian"); }
  std::vector<Subproblem> split(std::int64_t) override { refuse("parts of the batch"); }

 private:
  [[noreturn]] void refuse(By by) const { refuse(by == By::kTerm ? "terms" : "groups"); }
  [[noreturn]] void refuse(const std::string& what) const;

  std::string combined_by_;
  std::vector<std::string> terms_;
  std::vector<int> owners_;
};

/// Sets the tensors of a direction, a list like parameters(), to 0 where an ascent must not go.
void zero_unascended(const Problem& problem, Tensors& direction);

/// Throws Error{kParameter} unless an ascent may perturb all parameters. `optimizer` is a
/// registered name, for the message.
void expect_all_ascended(const Problem& problem, const std::string& optimizer);

/// Throws Error{kParameter} if `weight_decay` is above 0 and the problem has scales of
/// distributions, which decay would draw to a fixed deviation. `optimizer` as above.
void check_decay(const Problem& problem, double weight_decay, const std::string& optimizer);

/// Throws Error{kParameter} unless all parameters are weights: of optimizers that draw weights, or
/// learn a distribution of them. `optimizer` as above.
void expect_weights(const Problem& problem, const std::string& optimizer);

/// A view whose gradients are taken at perturbed weights w + e, as in SAM. Gradients of terms and
/// groups, and products with the Hessian, are taken at the same w + e, found from the gradient of
/// the whole loss. Parameters that an ascent must not perturb stay as they are: the gradient that
/// `perturb` gets is 0 there, and what it returns for them is not used. loss() and losses() are
/// those at w. Each call for a gradient costs 1 forward and 1 backward in addition: a base that
/// asks for K parts one by one pays them K times. split() throws Error{kParameter}.
class AscentProblem : public ProblemView {
 public:
  /// Maps the gradient at w (unclipped, to be overwritten at will) to the weights w + e. Called
  /// under a NoGradGuard.
  using Perturb = std::function<Tensors(Gradient here)>;

  /// `wrapper` is its registered name, for messages. `perturb` may be empty in check().
  AscentProblem(Problem& inner, std::string wrapper, Perturb perturb);
  ~AscentProblem() override;

  Gradient raw_gradient() override;
  std::vector<Part> gradients(By by) override;
  Part gradient_of(By by, std::int64_t index) override;
  Gradient weighted_gradient(By by, const Weigh& weigh) override;
  Tensors hessian_times(const Tensors& v) override;
  std::vector<Subproblem> split(std::int64_t samples) override;

  double step(Optimizer& base) override;  // returns the loss at w

 private:
  ScopedWeights perturb_weights();

  std::string combined_by_;
  Perturb perturb_;
  std::optional<double> start_;  // the loss at w, once a gradient has been taken
};

}  // namespace assay
