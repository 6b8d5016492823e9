// One evaluation of the objective within a step: random numbers, autocast, checks.
#include "core/problem/step.h"

#include <cmath>

#include "assay/schema.h"
#include "assay/sdk/tensors.h"
#include "core/problem/differentiate.h"
#include "core/runtime/runtime.h"

namespace assay {
namespace {

constexpr const char* kAdvice = "; a smaller learning rate or gradient clipping may help";

std::vector<int> owners_of(Model& model, const std::vector<std::string>& terms,
                           const Tensors& parameters) {
  std::vector<int> owners(parameters.size(), Problem::kShared);
  auto* const partitioned = dynamic_cast<Partitioned*>(&model);
  if (partitioned == nullptr) return owners;
  for (std::size_t k = 0; k < terms.size(); ++k)
    for (const auto& own : partitioned->own(terms[k]))
      for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].is_same(own)) {
          if (owners[i] != Problem::kShared)
            throw Error(ErrorKind::kPlugin,
                        "the model gives one parameter to the terms `" +
                            terms[static_cast<std::size_t>(owners[i])] + "` and `" + terms[k] +
                            "` alone; a parameter of both is shared, and belongs to neither");
          owners[i] = static_cast<int>(k);
        }
  return owners;
}

// body(context) with the random numbers that belong to batch `index` of the step.
template <class Body>
auto evaluated(const StepSetting& setting, std::size_t index, Body body) {
  const Context here = setting.context.with(setting.context.rng.fork(index));
  seed_default_generators(here.rng, here.device);
  const Autocast autocast(setting.options.bf16, here.device);
  return body(here);
}

// An objective owes one number for each of its names: everything that follows counts on it.
void check_term(const Objective& objective, std::size_t index, const Batch& batch,
                const Term& term) {
  const auto count = term.value.defined() ? term.value.numel() : 0;
  const auto name = [&] { return "the term `" + objective.terms()[index] + "`"; };
  if (count != 1)
    throw Error(ErrorKind::kShape, name() + " has " + std::to_string(count) +
                                       " elements; a term must be one number, the mean over its "
                                       "samples");
  const auto& each = term.per_sample;
  if (each.defined() && (each.dim() != 1 || each.size(0) != batch.size()))
    throw Error(ErrorKind::kShape, name() + " gives losses per sample of another shape than [" +
                                       std::to_string(batch.size()) + "], one per sample");
}

void check_terms(const Objective& objective, const Batch& batch, const std::vector<Term>& terms) {
  const auto names = objective.terms().size();
  if (terms.size() != names)
    throw Error(ErrorKind::kShape, "the objective returned " + std::to_string(terms.size()) +
                                       " of the terms that it names: " + listed(objective.terms()));
  for (std::size_t k = 0; k < names; ++k) check_term(objective, k, batch, terms[k]);
}

// The mean over the samples with what each counts.
void weigh_samples(const Objective& objective, std::size_t index, const torch::Tensor& weight,
                   Term& term) {
  if (!weight.defined()) return;
  if (!term.per_sample.defined())
    throw Error(ErrorKind::kParameter,
                "the term `" + objective.terms()[index] +
                    "` is not a mean over samples, but the samples of this selection have weights: "
                    "use an objective such as cross_entropy, or a selector without weights");
  check_mean(objective, index, term);
  term.per_sample = term.per_sample * weight;
  term.value = term.per_sample.mean();
}

// What the objective adds is of the same samples.
void check_prepared(const Batch& batch, const Batch& prepared) {
  const auto fail = [](const std::string& what) {
    throw Error(ErrorKind::kPlugin, "the objective prepares a batch " + what +
                                        ": it must keep the samples, and add tensors of [B, ...]");
  };
  const auto same = [](const torch::Tensor& a, const torch::Tensor& b) {
    return a.is_same(b) || (a.defined() && b.defined() && a.equal(b));
  };
  if (!same(batch.id, prepared.id)) fail("with other ids");
  if (!same(batch.group, prepared.group)) fail("with other groups");
  for (const auto& [name, tensor] : prepared.extra)
    if (!tensor.defined() || tensor.dim() == 0 || tensor.size(0) != batch.size())
      fail("with `" + name + "` of another length");
}

}  // namespace

void check_mean(const Objective& objective, std::size_t index, const Term& term) {
  const torch::NoGradGuard no_grad;
  const double value = term.value.item<double>();
  const double mean = term.per_sample.mean().item<double>();
  const double size = term.per_sample.abs().mean().item<double>();
  if (std::abs(mean - value) > 0.01 * size)  // bfloat16 has 8 bits; NaN is not this check's concern
    throw Error(ErrorKind::kPlugin,
                "the term `" + objective.terms()[index] + "` is " + std::to_string(value) +
                    ", but the mean of its losses per sample is " + std::to_string(mean) +
                    "; the two must be the same number: a term over n of B "
                    "samples multiplies the losses of these by B / n");
}

static std::vector<Role> roles_of(Model& model, const std::vector<std::string>& names) {
  std::vector<Role> roles;
  const auto* variational = dynamic_cast<Variational*>(&model);
  if (variational == nullptr) return roles;
  for (const auto& name : names) roles.push_back(variational->role(name));
  return roles;
}

StepSetting::StepSetting(Model& m, Objective& o, const ProblemOptions& opts)
    : model(m), objective(o), options(opts), buffers(m.buffers()) {
  for (const auto& item : m.named_parameters())
    if (item.value().requires_grad()) {
      parameters.push_back(item.value());
      parameter_names.push_back(item.key());
    }
  if (o.terms().empty())
    throw Error(ErrorKind::kPlugin, "the objective names no term; it must have at least one");
  owners = owners_of(m, o.terms(), parameters);
  roles = roles_of(m, parameter_names);
}

void StepSetting::check_model(const Batch& batch) {
  if (parameters.empty())
    throw Error(ErrorKind::kParameter,
                "the model has no parameter that requires a gradient: it is frozen as a whole, or "
                "does not register its weights with register_parameter() and register_module()",
                std::string(Model::kind));
  const Autocast autocast(options.bf16, context.device);
  check_output(model, batch, *options.info);
  buffers.restore();
}

void BatchProblem::Impl::check_once() {
  if (setting->checked || setting->options.info == nullptr || batches.empty()) return;
  setting->checked = true;
  setting->check_model(batches.front());
  if (setting->context.log != nullptr && setting->context.step == 0) note_idle();
}

void BatchProblem::Impl::note_idle() const try {
  std::vector<std::string> idle;
  {
    const torch::AutoGradMode grad(true);
    const auto loss = sum_of(forward(batches.front(), first));
    for (const auto k : unreached(loss, parameters())) idle.push_back(setting->parameter_names[k]);
  }
  setting->buffers.restore();
  if (!idle.empty())
    setting->context.note("the loss of the first batch does not reach the parameters " +
                          listed(idle) + ": if no other batch does, they keep their first values");
} catch (const c10::Error&) {  // an optimizer may do without gradients that cannot be computed
  setting->buffers.restore();
}

std::vector<Batch> StepSetting::prepared(std::vector<Batch> batches) {
  const torch::AutoGradMode grad(true);
  const Autocast autocast(options.bf16, context.device);
  const auto stream = context.rng.fork("prepare");
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto here = context.with(stream.fork(i));
    auto prepared = objective.prepare(model, batches[i], here);
    check_prepared(batches[i], prepared);
    batches[i] = std::move(prepared);
  }
  buffers.restore();
  return batches;
}

void StepSetting::check_decomposes(const std::string& what, const std::string& instead) const {
  if (objective.decomposes()) return;
  throw Error(ErrorKind::kParameter,
              "the objective compares the samples of a batch with one another (terms " +
                  listed(objective.terms()) + "), so this step cannot " + what + ": " + instead);
}

std::vector<Term> BatchProblem::Impl::forward(const Batch& batch, std::size_t index) const {
  return evaluated(*setting, index, [&](const Context& here) {
    auto terms = setting->objective.evaluate(setting->model, batch, here);
    check_terms(setting->objective, batch, terms);
    for (std::size_t k = 0; k < terms.size(); ++k)
      weigh_samples(setting->objective, k, batch.weight, terms[k]);
    return terms;
  });
}

std::vector<double> BatchProblem::Impl::term_samples() const {
  std::vector<double> all(setting->objective.terms().size());
  for (const auto& batch : batches)
    for (std::size_t k = 0; k < all.size(); ++k)
      all[k] += static_cast<double>(setting->objective.samples(k, batch));
  return all;
}

std::vector<double> BatchProblem::Impl::shares_of(const Batch& batch,
                                                  const std::vector<double>& all) const {
  std::vector<double> shares_here;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const auto own = static_cast<double>(setting->objective.samples(k, batch));
    shares_here.push_back(all[k] > 0 ? own / all[k] : 0);
  }
  return shares_here;
}

std::vector<Term> BatchProblem::Impl::part(const Batch& batch, std::size_t index) const {
  auto terms = forward(batch, index);
  for (std::size_t k = 0; !shares.empty() && k < terms.size(); ++k)
    terms[k].weight *= shares[index - first][k];
  return terms;
}

Term BatchProblem::Impl::part_of_term(std::size_t k, const Batch& batch, std::size_t index) const {
  auto term = evaluated(*setting, index, [&](const Context& here) {
    auto found = setting->objective.evaluate_term(k, setting->model, batch, here);
    check_term(setting->objective, k, batch, found);
    weigh_samples(setting->objective, k, batch.weight, found);
    return found;
  });
  if (!shares.empty()) term.weight *= shares[index - first][k];
  return term;
}

void BatchProblem::Impl::check_depends(const torch::Tensor& loss) const {
  if (loss.requires_grad()) return;
  throw Error(ErrorKind::kPlugin,
              "the loss (terms " + listed(setting->objective.terms()) +
                  ") depends on none of the trained parameters: the objective must not detach it, "
                  "and the model must use them",
              std::string(Objective::kind));
}

double BatchProblem::Impl::checked(const torch::Tensor& value, const std::string& what) const {
  const double number = value.item<double>();
  if (!std::isfinite(number) && !setting->options.allow_nonfinite)
    throw Error(ErrorKind::kNumeric, what + " is " + std::to_string(number) + kAdvice);
  return number;
}

std::vector<double> BatchProblem::Impl::checked_terms(const std::vector<Term>& terms) const {
  std::vector<double> values;
  for (std::size_t k = 0; k < terms.size(); ++k)
    values.push_back(terms[k].weight * checked(terms[k].value, name_of_term(k)));
  return values;
}

bool BatchProblem::Impl::is_accepted(const Tensors& gradient) const {
  return setting->options.allow_nonfinite || std::isfinite(norm(gradient));
}

Tensors BatchProblem::Impl::checked(Tensors gradient, const std::string& what) const {
  if (!is_accepted(gradient))
    throw Error(ErrorKind::kNumeric, "the gradient of " + what + " is not finite" + kAdvice);
  return gradient;
}

Tensors BatchProblem::Impl::checked_whole(Tensors gradient, const Batch& batch,
                                          std::size_t index) const {
  if (is_accepted(gradient)) return gradient;
  const auto count = setting->objective.terms().size();
  for (std::size_t k = 0; k < count; ++k) {
    const auto value = part_of_term(k, batch, index).value;
    checked(differentiate(value, parameters(), false), name_of_term(k));
  }
  return checked(std::move(gradient), "the loss");
}

void BatchProblem::Impl::report(const std::vector<Part>& terms) const {
  if (setting->objective.terms().size() < 2 || setting->reported) return;
  setting->reported = true;
  for (const auto& term : terms)
    setting->figures["term/" + setting->objective.terms()[static_cast<std::size_t>(term.index)]]
        .add({term.loss, 1});
}

torch::Tensor weighted(const Term& term) {
  return term.weight == 1.0 ? term.value : term.value * term.weight;
}

torch::Tensor sum_of(const std::vector<Term>& terms) {
  torch::Tensor sum;
  for (const auto& term : terms) sum = sum.defined() ? sum + weighted(term) : weighted(term);
  return sum;
}

}  // namespace assay
