#include "tests/support/closed_form.h"

#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/error.h"
#include "assay/sdk/tensors.h"

namespace assay::testing {

ClosedForm::ClosedForm(const std::vector<std::vector<double>>& start,
                       std::vector<Function> functions, std::vector<std::string> names,
                       std::vector<int> owners)
    : functions_(std::move(functions)), names_(std::move(names)), owners_(std::move(owners)) {
  for (const auto& values : start) {
    parameter_names_.push_back(std::string("w").append(std::to_string(parameters_.size())));
    parameters_.push_back(torch::tensor(values, torch::kDouble));
  }
  for (std::size_t k = names_.size(); k < functions_.size(); ++k)
    names_.push_back(std::string("f").append(std::to_string(k)));
  for (std::size_t k = 0; k < functions_.size(); ++k)
    group_names_.push_back(std::string("g").append(std::to_string(k)));
  owners_.resize(parameters_.size(), kShared);
  absent.resize(functions_.size());
}

ClosedForm::ClosedForm(const ClosedForm& other)
    : factor(other.factor),
      clip(other.clip),
      random(other.random),
      forwards(other.forwards),
      backwards(other.backwards),
      broken(other.broken),
      absent(other.absent),
      reported(other.reported),
      functions_(other.functions_),
      names_(other.names_),
      group_names_(other.group_names_),
      parameter_names_(other.parameter_names_),
      owners_(other.owners_) {
  for (const auto& tensor : other.parameters_) parameters_.push_back(tensor.clone());
}

ClosedForm ClosedForm::quadratic(const std::vector<double>& start, const std::vector<double>& a) {
  return ClosedForm({start}, {[a](const std::vector<double>& w, std::vector<double>& g) {
                      double value = 0;
                      for (std::size_t i = 0; i < w.size(); ++i) {
                        value += a[i] * w[i] * w[i] / 2;
                        g[i] += a[i] * w[i];
                      }
                      return value;
                    }});
}

std::vector<double> ClosedForm::weights() const {
  const auto all = at::cat(parameters_);
  return {all.data_ptr<double>(), all.data_ptr<double>() + all.numel()};
}

Part ClosedForm::of(std::size_t term, double share) const {
  const auto w = weights();
  std::vector<double> g(w.size());
  const double value = functions_[term](w, g);
  Part part{static_cast<std::int64_t>(term), 1, share, value, {}};
  std::size_t at = 0;
  for (const auto& parameter : parameters_) {
    const auto count = static_cast<std::size_t>(parameter.numel());
    std::vector<double> own(count);
    for (std::size_t i = 0; i < count; ++i) own[i] = absent[term] ? 0 : g[at + i];
    part.gradient.push_back(torch::tensor(own, torch::kDouble));
    at += count;
  }
  return part;
}

void ClosedForm::forward() {
  if (++forwards == broken) throw Error(ErrorKind::kNumeric, "the loss is nan");
}

std::vector<Part> ClosedForm::present(By by) const {
  std::vector<std::size_t> some;
  for (std::size_t k = 0; k < functions_.size(); ++k)
    if (by == By::kTerm || !absent[k]) some.push_back(k);
  std::vector<Part> parts;
  for (const auto k : some)
    parts.push_back(of(k, by == By::kTerm ? 1 : 1 / static_cast<double>(some.size())));
  return parts;
}

std::vector<Part> ClosedForm::losses(By by) {
  forward();
  auto parts = present(by);
  for (auto& part : parts) part.gradient.clear();
  return parts;
}

double ClosedForm::loss() {
  double sum = 0;
  for (const auto& part : losses(By::kTerm)) sum += part.loss;
  return sum;
}

Gradient ClosedForm::raw_gradient() {
  return weighted_gradient(By::kTerm,
                           [](const auto& parts) { return std::vector<double>(parts.size(), 1); });
}

std::vector<Part> ClosedForm::gradients(By by) {
  forward();
  auto parts = present(by);
  backwards += static_cast<int>(parts.size());
  return parts;
}

Part ClosedForm::gradient_of(By by, std::int64_t index) {
  forward();
  ++backwards;
  for (auto& part : present(by))
    if (part.index == index) return part;
  throw Error(ErrorKind::kParameter, "no such part in this step");
}

Gradient ClosedForm::weighted_gradient(By by, const Weigh& weigh) {
  forward();
  ++backwards;
  const auto parts = present(by);
  std::vector<const Tensors*> gradients;
  double sum = 0;
  for (const auto& part : parts) {
    gradients.push_back(&part.gradient);
    sum += part.share * part.loss;
  }
  return {sum, weighted_sum(gradients, weigh(parts))};
}

Tensors ClosedForm::hessian_times(const Tensors& v) {
  const double h = 1e-5;
  const auto moved = [&](double scale) {
    ClosedForm there(*this);
    for (std::size_t i = 0; i < v.size(); ++i) there.parameters_[i].add_(v[i], scale);
    return there.raw_gradient().tensors;
  };
  const auto up = moved(h), down = moved(-h);
  Tensors product;
  for (std::size_t i = 0; i < up.size(); ++i) product.push_back((up[i] - down[i]) / (2 * h));
  return product;
}

std::vector<Problem::Subproblem> ClosedForm::split(std::int64_t samples) {
  std::vector<Subproblem> parts;
  const auto size = static_cast<std::size_t>(samples);
  const auto all = static_cast<double>(functions_.size());
  for (std::size_t from = 0; from < functions_.size(); from += size) {
    const auto to = std::min(from + size, functions_.size());
    auto part = std::make_unique<ClosedForm>(*this);
    part->parameters_ = parameters_;
    part->functions_ = {functions_.begin() + static_cast<std::ptrdiff_t>(from),
                        functions_.begin() + static_cast<std::ptrdiff_t>(to)};
    part->names_.resize(to - from);
    const double share = static_cast<double>(to - from) / all;
    for (auto& function : part->functions_)
      function = [share, whole = std::move(function)](const auto& w, auto& g) {
        const double value = whole(w, g) / share;
        for (auto& x : g) x /= share;
        return value;
      };
    parts.push_back({std::move(part), share});
  }
  return parts;
}

std::vector<double> term_losses(Problem& problem) {
  std::vector<double> values;
  for (const auto& term : problem.losses(By::kTerm)) values.push_back(term.loss);
  return values;
}

std::vector<double> after(Optimizer& optimizer, ClosedForm& problem, int steps) {
  for (int k = 0; k < steps; ++k) optimizer.step(problem);
  return problem.weights();
}

void check_close(const std::vector<double>& found, const std::vector<double>& expected,
                 double tolerance) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("element " << i);
    CHECK(found[i] == Approx(expected[i]).epsilon(0).margin(tolerance));
  }
}

}  // namespace assay::testing
