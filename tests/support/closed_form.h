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
  const std::vector<std::string>& terms() const override { return names_; }
  const std::vector<int>& owners() const override { return owners_; }
  double learning_rate_factor() const override { return factor; }
  const Rng& rng() const override { return random; }
  double largest_norm() const override { return clip; }
  void report(std::string_view name, double value) override { reported[std::string(name)] = value; }
  double loss() override;
  std::vector<double> losses() override;
  Gradient raw_gradient() override;
  std::vector<Gradient> gradient_per_term() override;
  Gradient gradient_of_term(std::size_t index) override;
  Gradient weighted_gradient(const Weigh& weigh) override;
  std::vector<GroupGradient> gradient_per_group() override;
  Gradient group_weighted_gradient(const WeighGroups& weigh) override;
  /// As if each term were one sample's loss, and the loss their sum.
  std::vector<Part> split(std::int64_t samples) override;

  std::vector<double> weights() const;

  double factor = 1, clip = 0;
  Rng random{1};
  int forwards = 0, backwards = 0;
  int broken = 0;            // the broken-th forward throws Error{kNumeric}; 0: none
  std::vector<bool> absent;  // of a term: it has no gradient, or the group is not in the batch
  std::map<std::string, double> reported;

 private:
  Gradient of(std::size_t term) const;
  void forward();

  Tensors parameters_;
  std::vector<Function> functions_;
  std::vector<std::string> names_;
  std::vector<int> owners_;
};

/// After `steps` steps of the optimizer.
std::vector<double> after(Optimizer& optimizer, ClosedForm& problem, int steps);

/// Checks that the two agree to 1e-12 in every element.
void check_close(const std::vector<double>& found, const std::vector<double>& expected,
                 double tolerance = 1e-12);

}  // namespace assay::testing
