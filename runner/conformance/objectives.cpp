// Objectives: terms on a batch, and what they leave alone.
#include <cmath>

#include <ATen/ops/linspace.h>

#include "core/runtime/runtime.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

constexpr double kClose = 1e-4;  // relative to the size of the numbers

bool close(double a, double b) {
  return std::abs(a - b) <= kClose * std::max({1.0, std::abs(a), std::abs(b)});
}

void test_term(const std::string& name, const Term& term, std::int64_t samples, Owed& owed) {
  const auto of = "the term `" + name + "` ";
  if (!term.value.defined() || term.value.numel() != 1)
    return owed.expect(false, of + "is not one number");
  const double value = term.value.item<double>();
  owed.expect(std::isfinite(value), of + "is not finite");
  owed.expect(term.constant || term.value.requires_grad(),
              of + "requires no gradient: it is detached from the model, and nothing is learned by "
                   "it; a term that is constant by design sets Term::constant");
  const auto& each = term.per_sample;
  if (!each.defined()) return;
  if (each.dim() != 1 || each.size(0) != samples)
    return owed.expect(false, of + "gives losses per sample that are not [B]");
  owed.expect(close(each.mean().item<double>(), value),
              of + "is not the mean of its losses per sample");
}

// A term that is a mean over samples is the mean of those of two halves.
void test_halves(Objective& objective, Model& model, const Batch& batch, const Context& context,
                 const std::vector<Term>& whole, Owed& owed) {
  if (!objective.decomposes() || batch.size() < 2) return;
  const auto rows = torch::arange(batch.size(), torch::kInt64);
  const auto half = batch.size() / 2;
  std::vector<double> sums(whole.size()), counts(whole.size());
  for (const auto& part : {rows.slice(0, 0, half), rows.slice(0, half)}) {
    const auto some = batch.select(part);
    const auto terms = objective.evaluate(model, some, context);
    for (std::size_t k = 0; k < std::min(terms.size(), whole.size()); ++k) {
      const auto count = static_cast<double>(objective.samples(k, some));
      sums[k] += count == 0 ? 0 : count * terms[k].value.item<double>();
      counts[k] += count;
    }
  }
  for (std::size_t k = 0; k < whole.size(); ++k)
    owed.expect(counts[k] == 0 || close(sums[k] / counts[k], whole[k].value.item<double>()),
                "the term `" + objective.terms()[k] +
                    "` is not the mean of those of two halves of the batch: decomposes() or "
                    "samples() is wrong");
}

// What has dropout may seed the default generator, from its own stream alone.
torch::Tensor state_after(Objective& objective, Model& model, const Batch& batch,
                          std::uint64_t stream, std::uint64_t before) {
  const Context context{torch::kCPU, Rng(stream), nullptr};
  seed_default_generators(Rng(before), torch::kCPU);
  objective.evaluate(model, objective.prepare(model, batch, context), context);
  return GeneratorWatch().state();
}

void test_repetition(Objective& objective, Model& model, const Batch& batch,
                     const std::vector<Term>& first, Owed& owed) {
  const Context context{torch::kCPU, Rng(0), nullptr};
  seed_default_generators(Rng(7), torch::kCPU);
  const auto second = objective.evaluate(model, objective.prepare(model, batch, context), context);
  for (std::size_t k = 0; k < first.size(); ++k)
    owed.expect(first[k].value.equal(second[k].value),
                "the term `" + objective.terms()[k] +
                    "` is another one the second time: draw from context.rng alone");
  const auto one = state_after(objective, model, batch, 0, 1),
             other = state_after(objective, model, batch, 0, 2),
             later = state_after(objective, model, batch, 1, 1);
  owed.expect(!one.equal(other) || !one.equal(later),
              "it seeds LibTorch's default generator with a number of its own, so that every step "
              "has the same dropout: seed it from context.rng, or leave it alone");
}

// BatchProblem applies them: twice would be another loss.
void test_weights_ignored(Objective& objective, Model& model, Batch batch,
                          const std::vector<Term>& first, Owed& owed) {
  const Context context{torch::kCPU, Rng(0), nullptr};
  batch.weight = at::linspace(0, 2, batch.size());
  seed_default_generators(Rng(7), torch::kCPU);
  const auto again = objective.evaluate(model, objective.prepare(model, batch, context), context);
  for (std::size_t k = 0; k < std::min(first.size(), again.size()); ++k)
    owed.expect(first[k].value.equal(again[k].value),
                "the term `" + objective.terms()[k] +
                    "` reads Batch::weight, which is applied to its losses per sample by the step");
}

std::vector<bool> modes_of(const Model& model) {
  std::vector<bool> modes;
  for (const auto& module : model.modules()) modes.push_back(module->is_training());
  return modes;
}

// Three steps with the objective; before step `stop` it is made anew from what it saved.
Tensors train_with(const Registry& registry, const Entry& entry,
                   const std::shared_ptr<Dataset>& data, int stop) {
  const auto make = [&] { return testing::build<Objective>(registry, entry, *data); };
  seed_default_generators(Rng(3), torch::kCPU);
  const auto model = testing::model_for(registry, entry, *data);
  const auto sgd = registry.make<Optimizer>({"sgd", {{"lr", 0.01}}});
  auto objective = make();
  const auto ids = data->ids(Split::kTrain);
  const auto first = ids.first(std::min<std::size_t>(8, ids.size()));
  for (int k = 0; k < 3; ++k) {
    if (k == stop) {
      const auto before = std::exchange(objective, make());
      testing::hand_over(*before, *objective);
    }
    BatchProblem problem(*model, *objective, {.groups = data->info().groups});
    const Context context{torch::kCPU, Rng(5).fork(static_cast<std::uint64_t>(k)), nullptr};
    problem.begin({data->load(first, context)}, context, 1.0);
    problem.step(*sgd);
  }
  return testing::copies(testing::tensors_of(*model));
}

void test_resuming(const Registry& registry, const Entry& entry,
                   const std::shared_ptr<Dataset>& data, Owed& owed) {
  const auto whole = train_with(registry, entry, data, -1);
  for (const int stop : {1, 2})
    owed.expect(testing::same(whole, train_with(registry, entry, data, stop)),
                "resuming after step " + std::to_string(stop) +
                    " gives other weights: save() or load() forgets something");
}

}  // namespace

void test_objective(const Registry& registry, const Entry& entry, Owed& owed) {
  const Context context{torch::kCPU, Rng(0), nullptr};
  const auto data = testing::data_for(registry, entry);
  const auto ids = data->ids(Split::kTrain);
  const auto batch = data->load(ids.first(std::min<std::size_t>(8, ids.size())), context);
  const auto objective = testing::build<Objective>(registry, entry, *data);
  const auto model = testing::model_for(registry, entry, *data);
  const TensorWatch weights(model->parameters()), samples(testing::tensors_of(batch));
  const auto modes = modes_of(*model);
  // As a step does: the layers of such a model draw, whatever the objective does.
  if (dynamic_cast<Variational*>(model.get()) != nullptr)
    seed_default_generators(Rng(7), torch::kCPU);
  const auto prepared = objective->prepare(*model, batch, context);
  const auto first = objective->evaluate(*model, prepared, context);
  owed.expect(first.size() == objective->terms().size(),
              "it gives " + std::to_string(first.size()) + " terms and names " +
                  std::to_string(objective->terms().size()));
  if (first.size() != objective->terms().size()) return;
  // Whoever changes these gives other terms the second time, for another reason than its draws.
  owed.expect(!weights.has_changed(), "it changes the model's weights");
  owed.expect(!samples.has_changed(), "it changes the batch that it is given");
  owed.expect(modes == modes_of(*model), "it leaves the model in another mode (train or eval)");
  if (!owed.broken().empty()) return;
  for (std::size_t k = 0; k < first.size(); ++k)
    test_term(objective->terms()[k], first[k], batch.size(), owed);
  test_repetition(*objective, *model, batch, first, owed);
  test_weights_ignored(*objective, *model, batch, first, owed);
  model->eval();
  test_halves(*objective, *model, prepared, context, objective->evaluate(*model, prepared, context),
              owed);
  owed.expect(!weights.has_changed(), "it changes the model's weights");  // in eval mode too
  for (const auto& parameter : model->parameters())
    owed.expect(!parameter.grad().defined(), "it writes to `.grad` of the model's parameters");
  test_resuming(registry, entry, data, owed);
  for (const char* ability : {"Split", "Groups"})
    owed.expect(objective->decomposes() == (std::find(entry.hides.begin(), entry.hides.end(),
                                                      ability) == entry.hides.end()),
                "decomposes() and hides() contradict each other");
}

}  // namespace assay::conformance
