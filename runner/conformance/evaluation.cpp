// Transforms, callbacks, metrics and predictors.
#include <cmath>

#include <ATen/ops/arange.h>

#include "assay/sdk/prediction.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using testing::same;

Batch first_samples(const Dataset& data) {
  auto batch = data.load(data.ids(Split::kTrain).first(12), {});
  batch.occurrence = at::arange(12, torch::kInt64) % 3;
  return batch;
}

const auto kRows = [] { return torch::tensor({7, 2, 9}, torch::kInt64); };

void test_draws(const Transform& transform, const Batch& whole, Owed& owed) {
  const auto draws = transform.draw(whole, Rng(4));
  owed.expect(draws.device().is_cpu() && draws.scalar_type() == torch::kDouble &&
                  draws.sizes() == at::IntArrayRef{whole.size(), transform.count()},
              "its draws are not [B, count()] float64 on the CPU");
  owed.expect(transform.draw(whole.select(kRows()), Rng(4)).equal(draws.index_select(0, kRows())),
              "the draws of a sample depend on the other samples of its batch");
  owed.expect(!transform.draw(whole, Rng(5)).equal(draws), "its draws do not depend on the seed");
  auto others = whole;
  others.id = whole.id + 1000;
  owed.expect(!transform.draw(others, Rng(4)).equal(draws),
              "its draws do not depend on the samples' ids: all have the same ones");
  auto later = whole;
  later.occurrence = whole.occurrence + 3;
  owed.expect(!transform.draw(later, Rng(4)).equal(draws),
              "its draws do not depend on the occurrence: every epoch has the same ones");
}

// What a training says of its losses.
std::vector<double> losses_of(const testing::Run& run) {
  std::vector<double> values;
  for (const auto& [name, value] : run.rows)
    if (name == "train/loss") values.push_back(value);
  return values;
}

// For 100 epochs, so that what is collected late and once per epoch is enough.
testing::Run train_with(const Registry& registry, const Specs& callbacks, std::int64_t stop) {
  testing::TinyTrial trial{{"train",
                            {{"steps", std::int64_t{400}},
                             {"batch", std::int64_t{16}},
                             {"evaluate_steps", std::int64_t{40}},
                             {"log_every", std::int64_t{1}},
                             {"callbacks", callbacks}}}};
  return carry_out(registry, trial, stop, 1);
}

bool same_runs(const testing::Run& a, const testing::Run& b) {
  return a.rows == b.rows && same(a.weights, b.weights) && same(a.artifacts, b.artifacts);
}

struct Told {
  Tensors predictions, weights;
};

// At unit `stop` the loop and the predictor are made anew from what was saved.
Told predict_all(const Registry& registry, const Entry& entry, const std::shared_ptr<Dataset>& data,
                 std::int64_t stop) {
  Parts parts;
  const auto model = testing::model_for(registry, entry, *data);
  parts.model = model;
  parts.dataset = data;
  const auto all = testing::predict_resumed(
      [&] { return testing::build<Predictor>(registry, entry, *data); }, parts, 8, stop);
  Told told{{}, testing::copies(testing::tensors_of(*model))};
  for (const auto& one : {all.id, all.log_probability, all.label, all.value, all.abstained})
    if (one.defined()) told.predictions.push_back(one);
  return told;
}

}  // namespace

void test_transform(const Registry& registry, const Entry& entry, Owed& owed) {
  auto data = testing::data_for(registry, entry);
  std::shared_ptr<Transform> transform;
  try {
    transform = testing::build<Transform>(registry, entry, *data);
  } catch (const Error&) {  // it may be for color images alone
    data = std::make_shared<testing::TinyData>(/*channels=*/3);
    transform = testing::build<Transform>(registry, entry, *data);
  }
  const auto whole = first_samples(*data);
  const auto before = whole.input.clone();
  const GeneratorWatch generator;
  test_draws(*transform, whole, owed);
  const auto draws = transform->draw(whole, Rng(4));
  const auto changed = transform->apply(whole, draws);
  owed.expect(!generator.was_used(),
              "it draws from LibTorch's default generator, or seeds it: draw from the stream it is "
              "given");
  owed.expect(whole.input.equal(before), "apply() changes the batch that it is given");
  owed.expect(changed.input.sizes() == before.sizes() &&
                  changed.input.scalar_type() == before.scalar_type(),
              "apply() gives inputs of another shape or type");
  owed.expect(
      same({changed.target, changed.id, changed.group}, {whole.target, whole.id, whole.group}),
      "apply() changes targets, ids or groups");
  owed.expect(!changed.input.equal(before), "apply() changes no input with its defaults");
  if (dynamic_cast<const Mixing*>(transform.get()) != nullptr) return;
  const auto some = transform->apply(whole.select(kRows()), draws.index_select(0, kRows()));
  owed.expect(some.input.equal(changed.input.index_select(0, kRows())),
              "what apply() makes of a sample depends on the other samples of its batch");
}

void test_callback(const Registry& registry, const Entry& entry, Owed& owed) {
  const Specs callbacks{{entry.name, testing::required_values(entry)}};
  const auto whole = train_with(registry, callbacks, -1);
  owed.expect(losses_of(whole) == losses_of(train_with(registry, {}, -1)),
              "the course of the training is another one with it");
  for (const std::int64_t stop : {1, 70, 390})
    owed.expect(same_runs(whole, train_with(registry, callbacks, stop)),
                "resuming before step " + std::to_string(stop) +
                    " gives other rows, weights or artifacts: save() or load() forgets something");
}

void test_metric(const Registry& registry, const Entry& entry, Owed& owed) {
  const auto data = testing::data_for(registry, entry);
  Parts parts;
  parts.model = testing::model_for(registry, entry, *data);
  parts.dataset = data;
  const auto metric = testing::build<Metric>(registry, entry, *data);
  auto predictions =
      predict(parts, Split::kValidation, 8, metric->keeps(), {torch::kCPU, Rng(1), nullptr});
  predictions.abstained = at::arange(predictions.size()) < 2;
  auto elsewhere = predictions;  // as of a set whose targets mean nothing
  elsewhere.target.reset();
  const PredictionSets sets{{"elsewhere", elsewhere}, {"validation", predictions}};
  Measured first, second, none;
  metric->measure(sets, first);
  metric->measure(sets, second);
  owed.expect(!first.rows().empty(), "it gives no row");
  owed.expect(first.rows() == second.rows(), "it gives other rows the second time");
  Strings seen;
  for (const auto& [name, value] : first.rows()) {
    owed.expect(name.starts_with("validation/") || name.starts_with("elsewhere/"),
                "it gives the row `" + name + "` of a set that it was not given");
    owed.expect(std::find(seen.begin(), seen.end(), name) == seen.end(),
                "it gives the row `" + name + "` twice");
    seen.push_back(name);
    const auto row = name.substr(name.find('/') + 1);
    owed.expect(std::isfinite(value), "its row `" + row + "` is not finite");
    owed.expect(std::any_of(entry.rows.begin(), entry.rows.end(),
                            [&](const auto& declared) { return covers_row(declared, row); }),
                "it does not declare its row `" + row + "`");
  }
  metric->measure({}, none);
  owed.expect(none.rows().empty(), "it gives rows of no predictions");
}

void test_predictor(const Registry& registry, const Entry& entry, Owed& owed) {
  const auto data = testing::data_for(registry, entry);
  const auto model = testing::model_for(registry, entry, *data);
  const auto start = testing::copies(testing::tensors_of(*model));
  const auto whole = predict_all(registry, entry, data, -1);
  owed.expect(!whole.predictions.empty(), "it predicts nothing");
  owed.expect(same(start, whole.weights),
              "it leaves other weights: changes_weights() must say that it changes them");
  owed.expect(same(whole.predictions, predict_all(registry, entry, data, -1).predictions),
              "it gives other predictions the second time");
  for (const std::int64_t stop : {1, 2})
    owed.expect(same(whole.predictions, predict_all(registry, entry, data, stop).predictions),
                "resuming in unit " + std::to_string(stop) + " gives other predictions");
}

}  // namespace assay::conformance
