// BatchProblem: accumulation and exact replay, so that they work with every optimizer.
#include <cmath>

#include "core/problem/differentiate.h"
#include "core/problem/step.h"

namespace assay {

BatchProblem::BatchProblem(Model& model, Objective& objective, const ProblemOptions& options)
    : impl_(new Impl{std::make_shared<StepSetting>(model, objective, options), {}, 0, 0}) {}
BatchProblem::BatchProblem(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BatchProblem::~BatchProblem() = default;

void BatchProblem::begin(std::vector<Batch> batches, const Context& context, double factor) {
  impl_->batches = std::move(batches);
  impl_->samples = 0;
  for (const auto& batch : impl_->batches) impl_->samples += batch.size();
  impl_->shares.clear();
  if (impl_->batches.size() > 1) {
    const auto all = impl_->term_samples();
    for (const auto& batch : impl_->batches) impl_->shares.push_back(impl_->shares_of(batch, all));
  }
  auto& setting = *impl_->setting;
  setting.context = context;
  setting.rng = context.rng.fork("optimizer");
  setting.factor = factor;
  setting.reported = false;
  setting.buffers.begin();
}

const Tensors& BatchProblem::parameters() const {
  return impl_->parameters();
}
const std::vector<std::string>& BatchProblem::terms() const {
  return impl_->setting->objective.terms();
}
const std::vector<int>& BatchProblem::owners() const {
  return impl_->setting->owners;
}
double BatchProblem::learning_rate_factor() const {
  return impl_->setting->factor;
}
const Rng& BatchProblem::rng() const {
  return impl_->setting->rng;
}
double BatchProblem::largest_norm() const {
  return impl_->setting->options.clip;
}

void BatchProblem::report(std::string_view name, double value) {
  impl_->setting->figures[std::string(name)].add({value, 1});
}
std::map<std::string, BatchProblem::Figure> BatchProblem::take_figures() {
  return std::exchange(impl_->setting->figures, {});
}

std::vector<double> BatchProblem::losses() {
  std::vector<double> sums(terms().size());
  impl_->each([&](const Batch& batch, std::size_t i) {
    const torch::NoGradGuard no_grad;
    const auto values = impl_->checked_terms(impl_->part(batch, i));
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += values[k];
  });
  return sums;
}

double BatchProblem::loss() {
  double sum = 0;
  impl_->each([&](const Batch& batch, std::size_t i) {
    const torch::NoGradGuard no_grad;
    sum += impl_->checked(sum_of(impl_->part(batch, i)), "the loss");
  });
  return sum;
}

Gradient BatchProblem::raw_gradient() {
  Gradient sum;
  std::vector<double> values(terms().size());
  impl_->each([&](const Batch& batch, std::size_t i) {
    const auto parts = impl_->part(batch, i);
    const auto loss = sum_of(parts);
    if (parts.size() > 1) {
      const auto checked = impl_->checked_terms(parts);
      for (std::size_t k = 0; k < checked.size(); ++k) values[k] += checked[k];
    }
    const double value =
        impl_->checked(loss, parts.size() > 1 ? "the loss" : impl_->name_of_term(0));
    add(sum, value, impl_->checked_whole(gradient_of(loss, parameters(), false), batch, i));
  });
  impl_->report(values);
  return sum;
}

std::vector<Gradient> BatchProblem::gradient_per_term() {
  std::vector<Gradient> sums(terms().size());
  impl_->each([&](const Batch& batch, std::size_t i) {
    const auto parts = impl_->part(batch, i);
    const auto values = impl_->checked_terms(parts);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      auto gradient = gradient_of(weighted(parts[k]), parameters(), k + 1 < parts.size());
      add(sums[k], values[k], impl_->checked(std::move(gradient), impl_->name_of_term(k)));
    }
  });
  std::vector<double> values;
  for (const auto& sum : sums) values.push_back(sum.loss);
  impl_->report(values);
  return sums;
}

Gradient BatchProblem::gradient_of_term(std::size_t index) {
  Gradient sum;
  const auto name = impl_->name_of_term(index);
  impl_->each([&](const Batch& batch, std::size_t i) {
    const auto value = weighted(impl_->part_of_term(index, batch, i));
    const double number = impl_->checked(value, name);
    add(sum, number, impl_->checked(gradient_of(value, parameters(), false), name));
  });
  return sum;
}

Gradient BatchProblem::weighted_gradient(const Weigh& weigh) {
  Gradient sum;
  // With several batches, the losses that decide on the weights are known after a first pass.
  std::vector<double> values, weights;
  if (impl_->batches.size() > 1) weights = weigh(values = losses());
  impl_->each([&](const Batch& batch, std::size_t i) {
    auto parts = impl_->part(batch, i);
    const auto here = impl_->checked_terms(parts);
    if (weights.empty()) weights = weigh(values = here);
    double loss = 0;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      loss += here[k];
      parts[k].weight *= weights[k];
    }
    auto gradient = gradient_of(sum_of(parts), parameters(), false);
    add(sum, loss, impl_->checked_whole(std::move(gradient), batch, i));
  });
  impl_->report(values);
  return sum;
}

std::vector<Problem::Part> BatchProblem::split(std::int64_t samples) {
  std::vector<Part> parts;
  const auto all = impl_->term_samples();
  for (const auto& batch : impl_->batches)
    for (std::int64_t from = 0; from < batch.size(); from += samples) {
      const auto count = std::min(samples, batch.size() - from);
      auto piece = batch.map([&](const auto& part) { return part.narrow(0, from, count); });
      const auto index = impl_->first + parts.size();
      const double share = static_cast<double>(count) / static_cast<double>(impl_->samples);
      auto terms = impl_->shares_of(piece, all);
      for (double& term : terms) term /= share;  // which whoever adds up the parts multiplies by
      std::unique_ptr<Impl> part(
          new Impl{impl_->setting, {std::move(piece)}, count, index, {std::move(terms)}});
      parts.push_back({std::unique_ptr<Problem>(new BatchProblem(std::move(part))), share});
    }
  return parts;
}

}  // namespace assay
