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
  for (const auto& values : start) parameters_.push_back(torch::tensor(values, torch::kDouble));
  for (std::size_t k = names_.size(); k < functions_.size(); ++k)
    names_.push_back(std::string("f").append(std::to_string(k)));
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

Gradient ClosedForm::of(std::size_t term) const {
  const auto w = weights();
  std::vector<double> g(w.size());
  const double value = functions_[term](w, g);
  Gradient gradient{value, {}};
  std::size_t at = 0;
  for (const auto& parameter : parameters_) {
    const auto count = static_cast<std::size_t>(parameter.numel());
    std::vector<double> part(count);
    for (std::size_t i = 0; i < count; ++i) part[i] = absent[term] ? 0 : g[at + i];
    gradient.tensors.push_back(torch::tensor(part, torch::kDouble));
    at += count;
  }
  return gradient;
}

void ClosedForm::forward() {
  if (++forwards == broken) throw Error(ErrorKind::kNumeric, "the loss is nan");
}

std::vector<double> ClosedForm::losses() {
  forward();
  std::vector<double> all;
  for (std::size_t k = 0; k < functions_.size(); ++k) all.push_back(of(k).loss);
  return all;
}

double ClosedForm::loss() {
  double sum = 0;
  for (const double value : losses()) sum += value;
  return sum;
}

Gradient ClosedForm::raw_gradient() {
  return weighted_gradient([&](const auto&) { return std::vector<double>(functions_.size(), 1); });
}

std::vector<Gradient> ClosedForm::gradient_per_term() {
  forward();
  std::vector<Gradient> all;
  for (std::size_t k = 0; k < functions_.size(); ++k) all.push_back(of(k));
  backwards += static_cast<int>(all.size());
  return all;
}

Gradient ClosedForm::gradient_of_term(std::size_t index) {
  forward();
  ++backwards;
  return of(index);
}

Gradient ClosedForm::weighted_gradient(const Weigh& weigh) {
  forward();
  ++backwards;
  std::vector<Gradient> parts;
  std::vector<double> values;
  std::vector<const Tensors*> gradients;
  double sum = 0;
  for (std::size_t k = 0; k < functions_.size(); ++k) {
    parts.push_back(of(k));
    values.push_back(parts.back().loss);
    sum += values.back();
  }
  for (const auto& part : parts) gradients.push_back(&part.tensors);
  return {sum, weighted_sum(gradients, weigh(values))};
}

std::vector<GroupGradient> ClosedForm::gradient_per_group() {
  std::vector<GroupGradient> all;
  auto parts = gradient_per_term();
  for (std::size_t k = 0; k < parts.size(); ++k)
    if (!absent[k])
      all.push_back(
          {{static_cast<std::int64_t>(k), 1, parts[k].loss}, std::move(parts[k].tensors)});
  return all;
}

Gradient ClosedForm::group_weighted_gradient(const WeighGroups& weigh) {
  forward();
  ++backwards;
  std::vector<Gradient> parts;
  std::vector<GroupLoss> groups;
  std::vector<const Tensors*> gradients;
  double sum = 0;
  for (std::size_t k = 0; k < functions_.size(); ++k) {
    if (absent[k]) continue;
    parts.push_back(of(k));
    groups.push_back({static_cast<std::int64_t>(k), 1, parts.back().loss});
    sum += parts.back().loss;
  }
  for (const auto& part : parts) gradients.push_back(&part.tensors);
  return {sum / static_cast<double>(parts.size()), weighted_sum(gradients, weigh(groups))};
}

std::vector<Problem::Part> ClosedForm::split(std::int64_t samples) {
  std::vector<Part> parts;
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
