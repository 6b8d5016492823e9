// Procedures and selectors: whole trials, interrupted or not.
#include <cmath>

#include <ATen/ops/arange.h>

#include "assay/needs.h"
#include "core/runtime/runtime.h"
#include "runner/conformance/earlier_stage.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using testing::Run;
using testing::TinyTrial;

bool same_results(const Run& a, const Run& b) {
  return a.rows == b.rows && testing::same(a.weights, b.weights) &&
         testing::same(a.artifacts, b.artifacts);
}

// What a training of the tiny data left.
std::shared_ptr<const Inputs> forgotten() {
  auto stage = std::make_shared<testing::EarlierStage>();
  const auto ids = at::arange(60, torch::kInt64);
  stage->artifacts["forgetting"] = {{"ids", ids}, {"forgotten", ids * 7 % 11 - 1}};
  return stage;
}

// A component of each further kind that the procedure takes.
std::map<std::string, Spec> others_of(const Registry& registry, const Entry& procedure) {
  std::map<std::string, Spec> others;
  for (const auto& text : procedure.needs) {
    const auto kind = need_of(text).kind;
    if (kind == "model" || kind == "dataset" || kind == "objective" || kind == "optimizer")
      continue;
    for (const auto* one : testing::of_kind(registry, kind))
      if (testing::lacking_values(*one).empty())
        others.emplace(kind, Spec{one->name, testing::required_values(*one)});
  }
  return others;
}

void test_trial(const Registry& registry, const TinyTrial& trial, const Run& whole, Owed& owed) {
  owed.expect(same_results(whole, carry_out(registry, trial, -1, 1)),
              "two runs with one seed differ: draw from context.rng alone");
  for (const std::int64_t stop :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{3}, whole.units - 1})
    if (stop >= 0 && stop < whole.units)
      owed.expect(same_results(whole, carry_out(registry, trial, stop, 1)),
                  "resuming before unit " + std::to_string(stop) +
                      " gives other results: save() or load() forgets something");
}

torch::Tensor generator_after(const Registry& registry, const TinyTrial& trial,
                              std::uint64_t seed) {
  seed_default_generators(Rng(9), torch::kCPU);
  carry_out(registry, trial, -1, seed);
  return GeneratorWatch().state();
}

// It may seed the default generator from its own stream, or leave it alone.
void test_generator(const Registry& registry, const TinyTrial& trial, Owed& owed) {
  seed_default_generators(Rng(9), torch::kCPU);
  const auto before = GeneratorWatch().state();
  const auto one = generator_after(registry, trial, 1), other = generator_after(registry, trial, 2);
  owed.expect(one.equal(before) || !one.equal(other),
              "it seeds LibTorch's default generator with a number of its own, so that every seed "
              "has the same dropout: seed it from context.rng, or leave it alone");
}

}  // namespace

void test_procedure(const Registry& registry, const Entry& entry, Owed& owed) {
  TinyTrial trial{{entry.name, testing::required_values(entry)}};
  trial.data = testing::data_for(registry, entry);
  trial.others = others_of(registry, entry);
  const auto model = [&] {
    seed_default_generators(Rng(3), torch::kCPU);
    return testing::model_for(registry, entry, *trial.data);
  };
  if (dynamic_cast<testing::TinyModel*>(model().get()) == nullptr) trial.model = model;
  for (const auto& field : entry.fields)
    if (field.name == "steps") trial.procedure.params["steps"] = std::int64_t{6};
  const auto whole = carry_out(registry, trial, -1, 1);
  owed.expect(!whole.rows.empty() || !whole.artifacts.empty(),
              "it leaves neither metrics nor artifacts");
  for (const auto& [name, value] : whole.rows)
    owed.expect(std::isfinite(value), "its metric `" + name + "` is not finite");
  test_trial(registry, trial, whole, owed);
  test_generator(registry, trial, owed);
}

void test_selector(const Registry& registry, const Entry& entry, Owed& owed) {
  for (const std::int64_t n : {1, 20}) {
    TinyTrial trial{{"select", {{"n", n}, {"batch", std::int64_t{2}}, {"width", std::int64_t{8}}}}};
    trial.others["selector"] = {entry.name, testing::required_values(entry)};
    trial.inputs = forgotten();
    const auto whole = carry_out(registry, trial, -1, 1);
    owed.expect(!whole.artifacts.empty(), "it chooses no samples");
    test_trial(registry, trial, whole, owed);
  }
}

}  // namespace assay::conformance
