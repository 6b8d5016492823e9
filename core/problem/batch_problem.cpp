// BatchProblem: accumulation and exact replay, so that they work with every optimizer.
#include <cmath>

#include "assay/sdk/tensors.h"
#include "core/problem/differentiate.h"
#include "core/problem/step.h"

namespace assay {

BatchProblem::BatchProblem(Model& model, Objective& objective, const ProblemOptions& options)
    : impl_(new Impl{std::make_shared<StepSetting>(model, objective, options), {}, 0, 0}) {}
BatchProblem::BatchProblem(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BatchProblem::~BatchProblem() = default;

void BatchProblem::check_count(std::int64_t batches) const {
  if (batches > 1)
    impl_->setting->check_decomposes("accumulate its loss over batches", "use `accumulate: 1`");
}

void BatchProblem::begin(std::vector<Batch> batches, const Context& context, double factor) {
  auto& setting = *impl_->setting;
  check_count(std::ssize(batches));
  setting.context = context;
  setting.rng = context.rng.fork("optimizer");
  setting.factor = factor;
  setting.reported = false;
  setting.buffers.begin();
  impl_->batches = setting.prepared(std::move(batches));
  impl_->check_once();
  impl_->samples = 0;
  for (const auto& batch : impl_->batches) impl_->samples += batch.size();
  impl_->shares.clear();
  if (impl_->batches.size() > 1) {
    const auto all = impl_->term_samples();
    for (const auto& batch : impl_->batches) impl_->shares.push_back(impl_->shares_of(batch, all));
  }
}

double BatchProblem::step(Optimizer& optimizer) {
  const double loss = optimizer.step(*this);
  auto& setting = *impl_->setting;
  const auto here = setting.context.with(setting.context.rng.fork("finish"));
  setting.objective.finish_step(setting.model, impl_->batches, here);
  return loss;
}

const Tensors& BatchProblem::parameters() const {
  return impl_->parameters();
}
const std::vector<std::string>& BatchProblem::parameter_names() const {
  return impl_->setting->parameter_names;
}
const std::vector<std::string>& BatchProblem::names(By by) const {
  return by == By::kTerm ? impl_->setting->objective.terms() : impl_->setting->options.groups;
}
const std::vector<int>& BatchProblem::owners() const {
  return impl_->setting->owners;
}
std::vector<Role> BatchProblem::roles() const {
  return impl_->setting->roles;
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

double BatchProblem::loss() {
  double sum = 0;
  impl_->each(Graph::kNone, [&](const Batch& batch, std::size_t i) {
    sum += impl_->checked(sum_of(impl_->part(batch, i)), "the loss");
  });
  return sum;
}

Gradient BatchProblem::raw_gradient() {
  Gradient sum;
  auto terms = impl_->present(By::kTerm);
  impl_->each(Graph::kOne, [&](const Batch& batch, std::size_t i) {
    const auto parts = impl_->part(batch, i);
    const auto loss = sum_of(parts);
    if (!terms.empty()) impl_->check_depends(loss);
    if (parts.size() > 1) {
      const auto values = impl_->checked_terms(parts);
      for (auto& term : terms) term.loss += values[static_cast<std::size_t>(term.index)];
    }
    sum.loss += impl_->checked(loss, parts.size() > 1 ? "the loss" : impl_->name_of_term(0));
    add(sum.tensors, impl_->checked_whole(differentiate(loss, parameters(), false), batch, i));
  });
  impl_->report(terms);
  return sum;
}

Tensors BatchProblem::hessian_times(const Tensors& v) {
  Tensors sum;
  impl_->each(Graph::kOne, [&](const Batch& batch, std::size_t i) {
    const auto slope = slope_along(sum_of(impl_->part(batch, i)), parameters(), v);
    add(sum, impl_->checked(differentiate(slope, parameters(), false), "the slope along `v`"));
  });
  return sum;
}

std::vector<Problem::Subproblem> BatchProblem::split(std::int64_t samples) {
  impl_->setting->check_decomposes("split its batches",
                                   "use an optimizer that sees the whole batch");
  std::vector<Subproblem> parts;
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
