// Optimizers: steps on the tiny problem, interrupted or not.
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using testing::same;

struct Descent {
  Spec optimizer;
  int steps = 6;
  int stop = -1;  // where everything is saved, built anew and loaded
  std::uint64_t seed = 1;
  bool dropout = true;
  double clip = 0, factor = 1;  // as ProblemOptions::clip and Problem::learning_rate_factor()
};

constexpr std::uint64_t kSeed = 1;

struct Course {
  Tensors end;  // parameters and buffers
  Tensors weights;
  bool finite_losses = true, used_generator = false, clipped = false;
};

Course descend(const Registry& registry, const Descent& how) {
  const testing::TinyData data;
  testing::TwoTerms objective;
  testing::TinyModel model(how.dropout ? 0.2 : 0);
  const Spec& spec = how.optimizer;
  auto optimizer = registry.make<Optimizer>(spec, &data.info());
  BatchProblem problem(model, objective, {.clip = how.clip, .groups = data.info().groups});
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
    problem.begin({data.load(batches.at(k).ids, context)}, context, how.factor);
    WatchedProblem watched(problem);
    course.finite_losses = std::isfinite(optimizer->step(watched)) && course.finite_losses;
    course.clipped = watched.was_clipped() || course.clipped;
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

void test_resuming(const Registry& registry, const Spec& spec, const Tensors& whole, int steps,
                   Owed& owed) {
  for (const int stop : {1, 3, steps / 2, steps - 1}) try {
      const auto resumed = descend(registry, {spec, steps, stop});
      owed.expect(same(whole, resumed.end),
                  "resuming after step " + std::to_string(stop) +
                      " gives other weights: save() or load() forgets something");
    } catch (const Error& error) {
      owed.expect(false, std::string("resuming fails: ") + error.what());
    }
}

// Its own weights, before any step.
Tensors first_weights() {
  return testing::copies(testing::TinyModel(0).parameters());
}

void test_schedule(const Registry& registry, const Spec& spec, Owed& owed) {
  const auto still = descend(registry, {.optimizer = spec, .dropout = false, .factor = 0});
  owed.expect(same(still.weights, first_weights()),
              "its steps change the weights while the factor of the learning-rate schedule is 0: "
              "multiply the step by learning_rate_factor(), and put back what an ascent moved");
  const auto clipped = descend(registry, {.optimizer = spec, .dropout = false, .clip = 1e-3}),
             free = descend(registry, {.optimizer = spec, .dropout = false});
  owed.expect(!same(clipped.weights, free.weights) || clipped.clipped,
              "its steps are not clipped: ask the problem for gradient(), not raw_gradient()");
}

void test_all_move(const Tensors& end, Owed& owed) {
  const auto start = first_weights();
  for (std::size_t i = 0; i < start.size(); ++i)
    owed.expect(!same({start[i]}, {end[i]}),
                "its steps change some parameters and leave others, which have a gradient, alone");
}

// Throws at its `broken`-th evaluation.
class Breaking final : public ProblemView {
 public:
  Breaking(Problem& inner, int broken) : ProblemView(inner), left_(broken) {}
  double loss() override { return count(), inner_.loss(); }
  Gradient raw_gradient() override { return count(), inner_.raw_gradient(); }
  std::vector<Part> losses(By by) override { return count(), inner_.losses(by); }
  std::vector<Part> gradients(By by) override { return count(), inner_.gradients(by); }
  Part gradient_of(By by, std::int64_t i) override { return count(), inner_.gradient_of(by, i); }
  Gradient weighted_gradient(By by, const Weigh& weigh) override {
    return count(), inner_.weighted_gradient(by, weigh);
  }

 private:
  void count() {
    if (--left_ == 0) throw Error(ErrorKind::kNumeric, "a loss that is not finite");
  }
  int left_;
};

void test_throwing(const Registry& registry, const Spec& spec, Owed& owed) {
  for (int broken = 1; broken <= 3; ++broken) {
    const testing::TinyData data;
    testing::TwoTerms objective;
    testing::TinyModel model(0);
    const auto optimizer = registry.make<Optimizer>(spec, &data.info());
    BatchProblem problem(model, objective, {.groups = data.info().groups});
    optimizer->check(problem);
    const Context context{torch::kCPU, Rng(kSeed), nullptr};
    problem.begin({data.load(data.ids(Split::kTrain).first(16), context)}, context, 1);
    Breaking view(problem, broken);
    try {
      optimizer->step(view);
      return;  // it evaluates less often
    } catch (const Error&) {
      owed.expect(same(testing::copies(model.parameters()), first_weights()),
                  "a step that throws leaves other weights: change them after the last evaluation, "
                  "and put back what an ascent moved with ScopedWeights");
    }
  }
}

// The names of the fields that are optimizers within it.
Strings bases_of(const Entry& entry) {
  Strings names;
  for (const auto& field : entry.fields)
    if (field.kind == Optimizer::kind && field.type == Type::kComponent)
      names.push_back(field.name);
  return names;
}

// A base with a state of its own, and another way to step.
void test_base(const Registry& registry, const Spec& spec, const Entry& entry, Owed& owed) {
  for (const auto& field : bases_of(entry)) {
    Spec other = spec;
    other.params[field] = Spec{"adamw", {{"lr", 0.01}, {"weight_decay", 0.0}}};
    Spec plain = spec;
    plain.params[field] = Spec{"sgd", {{"lr", 0.01}}};
    const int steps = 8;
    const auto whole = descend(registry, {other, steps});
    owed.expect(!same(whole.weights, descend(registry, {plain, steps}).weights),
                "its steps do not depend on `" + field + "`");
    test_resuming(registry, other, whole.end, steps, owed);
  }
}

}  // namespace

void test_optimizer(const Registry& registry, const Entry& entry, Owed& owed) {
  const int steps = steps_of(entry);
  const Spec spec{entry.name, testing::required_values(entry)};
  const auto whole = descend(registry, {spec, steps});
  bool finite = whole.finite_losses;
  for (const auto& tensor : whole.end) finite = finite && tensor.isfinite().all().item<bool>();
  owed.expect(finite, "its losses or the weights become infinite or NaN with its defaults");
  owed.expect(!same(whole.weights, testing::copies(testing::TinyModel().parameters())),
              "its steps change no weight");
  owed.expect(!whole.used_generator,
              "it draws from LibTorch's default generator, or seeds it: draw from problem.rng()");
  owed.expect(
      same(whole.end, descend(registry, {spec, steps}).end),
      "two runs with one seed differ: draw from problem.rng() alone, and keep no state that "
      "objects share");
  owed.expect(
      !same(whole.end, descend(registry, {.optimizer = spec, .steps = steps, .seed = 2}).end),
      "runs with two seeds are the same");
  test_resuming(registry, spec, whole.end, steps, owed);
  test_all_move(whole.weights, owed);
  test_schedule(registry, spec, owed);
  test_throwing(registry, spec, owed);
  test_base(registry, spec, entry, owed);
}

}  // namespace assay::conformance
