// A Problem of closed form, in float64: what optimizers are checked on against hand-made numbers.
#pragma once

#include <map>

#include "assay/optimizer.h"

namespace assay::testing {

/// Terms are functions of all weights in a row; asked for groups, each term is a group of one
/// sample. It counts what it is asked for.
class ClosedForm : public Problem {
 public:
  /// Returns the value and adds the gradient to zeros.
  using Function = std::function<double(const std::vector<double>& w, std::vector<double>& g)>;

  /// `start` holds one tensor a row; `owners` as Problem::owners(), all shared where empty.
  ClosedForm(const std::vector<std::vector<double>>& start, std::vector<Function> functions,
             std::vector<std::string> names = {}, std::vector<int> owners = {});
  ClosedForm(const ClosedForm& other);  // with weights of its own
  /// (a_0 w_0^2 + a_1 w_1^2 + ...) / 2 of one tensor.
  static ClosedForm quadratic(const std::vector<double>& start, const std::vector<double>& a);

  const Tensors& parameters() const override { return parameters_; }
  const std::vector<std::string>& parameter_names() const override { return parameter_names_; }
  const std::vector<std::string>& names(By by) const override {
    return by == By::kTerm ? names_ : group_names_;  // f0, f1, ... and g0, g1, ...
  }
  const std::vector<int>& owners() const override { return owners_; }
  double learning_rate_factor() const override { return factor; }
  const Rng& rng() const override { return random; }
  double largest_norm() const override { return clip; }
  void report(std::string_view name, double value) override { reported[std::string(name)] = value; }
  double loss() override;
  Gradient raw_gradient() override;
  std::vector<Part> losses(By by) override;
  std::vector<Part> gradients(By by) override;
  Part gradient_of(By by, std::int64_t index) override;
  Gradient weighted_gradient(By by, const Weigh& weigh) override;
  Tensors hessian_times(const Tensors& v) override;  // by central differences of raw_gradient()
  /// As if each term were one sample's loss, and the loss their sum.
  std::vector<Subproblem> split(std::int64_t samples) override;

  std::vector<double> weights() const;
  /// Gives the tensors other names than w0, w1, ...
  void rename(std::vector<std::string> names) { parameter_names_ = std::move(names); }

  double factor = 1, clip = 0;
  Rng random{1};
  int forwards = 0, backwards = 0;
  int broken = 0;            // the broken-th forward throws Error{kNumeric}; 0: none
  std::vector<bool> absent;  // a term has no gradient then, and a group is not in the batch
  std::map<std::string, double> reported;

 private:
  Part of(std::size_t term, double share) const;
  std::vector<Part> present(By by) const;
  void forward();

  Tensors parameters_;
  std::vector<Function> functions_;
  std::vector<std::string> names_, group_names_, parameter_names_;
  std::vector<int> owners_;
};

/// The losses of the terms present.
std::vector<double> term_losses(Problem& problem);

/// After `steps` steps of the optimizer.
std::vector<double> after(Optimizer& optimizer, ClosedForm& problem, int steps);

/// Checks that the two agree to 1e-12 in every element.
void check_close(const std::vector<double>& found, const std::vector<double>& expected,
                 double tolerance = 1e-12);

}  // namespace assay::testing
