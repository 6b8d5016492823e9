// Optimizers: steps on the tiny problem, interrupted or not.
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using testing::same;

struct Descent {
  int steps = 6;
  int stop = -1;  // where everything is saved, built anew and loaded
  std::uint64_t seed = 1;
  bool dropout = true;
};

struct Course {
  Tensors end;  // parameters and buffers
  Tensors weights;
  bool finite_losses = true, used_generator = false;
};

Course descend(const Registry& registry, const Entry& entry, const Descent& how) {
  const testing::TinyData data;
  testing::TwoTerms objective;
  testing::TinyModel model(how.dropout ? 0.2 : 0);
  const Spec spec{entry.name, testing::required_values(entry)};
  auto optimizer = registry.make<Optimizer>(spec, &data.info());
  BatchProblem problem(model, objective, {.groups = data.info().groups});
  optimizer->check(problem);
  Batches batches(data.ids(Split::kTrain), 16, Rng(how.seed));
  Course course;
  for (int k = 0; k < how.steps; ++k) {
    if (k == how.stop) {
      const auto before = std::exchange(optimizer, registry.make<Optimizer>(spec, &data.info()));
      testing::hand_over(*before, *optimizer);
      optimizer->check(problem);  // as a resumed training does
    }
    const Context context{torch::kCPU, Rng(how.seed).fork(static_cast<std::uint64_t>(k)), nullptr};
    problem.begin({data.load(batches.at(k).ids, context)}, context, 1.0);
    WatchedProblem watched(problem);
    course.finite_losses = std::isfinite(optimizer->step(watched)) && course.finite_losses;
    course.used_generator = watched.was_generator_used() || course.used_generator;
  }
  course.end = testing::copies(testing::tensors_of(model));
  course.weights = testing::copies(model.parameters());
  return course;
}

// As many as the period of a wrapper needs twice: any whole number among its parameters may be one.
int steps_of(const Entry& entry) {
  constexpr std::int64_t kLongest = 50;
  std::int64_t period = 2;
  for (const auto& field : entry.fields)
    if (const auto* n = std::get_if<std::int64_t>(&field.default_value);
        n != nullptr && *n <= kLongest)
      period = std::max(period, *n);
  return static_cast<int>(2 * period + 2);
}

void test_resuming(const Registry& registry, const Entry& entry, const Tensors& whole, int steps,
                   Owed& owed) {
  for (const int stop : {1, 3, steps / 2, steps - 1}) try {
      const auto resumed = descend(registry, entry, {.steps = steps, .stop = stop});
      owed.expect(same(whole, resumed.end),
                  "resuming after step " + std::to_string(stop) +
                      " gives other weights: save() or load() forgets something");
    } catch (const Error& error) {
      owed.expect(false, std::string("resuming fails: ") + error.what());
    }
}

}  // namespace

void test_optimizer(const Registry& registry, const Entry& entry, Owed& owed) {
  const int steps = steps_of(entry);
  const auto whole = descend(registry, entry, {.steps = steps});
  bool finite = whole.finite_losses;
  for (const auto& tensor : whole.end) finite = finite && tensor.isfinite().all().item<bool>();
  owed.expect(finite, "its losses or the weights become infinite or NaN with its defaults");
  owed.expect(!same(whole.weights, testing::copies(testing::TinyModel().parameters())),
              "its steps change no weight");
  owed.expect(!whole.used_generator,
              "it draws from LibTorch's default generator, or seeds it: draw from problem.rng()");
  owed.expect(same(whole.end, descend(registry, entry, {.steps = steps}).end),
              "two runs with one seed differ: draw from problem.rng() alone");
  owed.expect(!same(whole.end, descend(registry, entry, {.steps = steps, .seed = 2}).end),
              "runs with two seeds are the same");
  test_resuming(registry, entry, whole.end, steps, owed);
}

}  // namespace assay::conformance
