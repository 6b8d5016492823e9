// train: what its parameters do to the weights and the rows, on a problem small enough to redo by
// hand.
#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "plugins/standard/train/schedule.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::plugins;
using assay::testing::Rows;
using assay::testing::TinyData;

namespace {

class Linear final
    : public Model {  // no dropout and no batch norm: a batch is the sum of its parts
 public:
  Linear() {
    weight =
        register_parameter("weight", at::randn({3, 64}, Rng(5).generator(), torch::kFloat) * 0.1);
  }
  Output forward(const Batch& batch) override {
    return {at::linear(batch.input.flatten(1), weight), {}};
  }
  torch::Tensor weight;
};

class Stepper final
    : public Optimizer {  // multiplies the weights by a factor of its own at each step
 public:
  explicit Stepper(Reals factors) : factors_(std::move(factors)) {}
  double step(Problem& problem) override {
    const auto gradient = problem.gradient();
    const torch::NoGradGuard no_grad;
    for (const auto& w : problem.parameters()) w.mul_(factors_.at(count_));
    ++count_;
    return gradient.loss;
  }

 private:
  Reals factors_;
  std::size_t count_ = 0;
};

struct Bench {
  Parts parts;
  std::shared_ptr<Linear> model = std::make_shared<Linear>();
  Rows rows;
  Context context{torch::kCPU, Rng(3), nullptr};
  std::shared_ptr<Procedure> train;

  explicit Bench(Values params, std::shared_ptr<Optimizer> optimizer = nullptr) {
    parts.model = model;
    parts.dataset = std::make_shared<TinyData>();
    const Info& info = parts.dataset->info();
    parts.objective = plugins().make<Objective>({"cross_entropy", {}}, &info);
    parts.optimizer = optimizer ? optimizer : plugins().make<Optimizer>({"sgd", {{"lr", 0.5}}});
    train = plugins().make<Procedure>({"train", std::move(params)}, &info);
  }
  void go() {
    for (std::int64_t unit = 0; unit < train->units(parts) && !train->finished(); ++unit, ++units)
      train->advance(unit, parts, context, rows);
  }
  std::vector<double> of(const std::string& name) const {
    std::vector<double> values;
    for (const auto& [row, value] : rows.rows)
      if (row == name) values.push_back(value);
    return values;
  }
  std::int64_t units = 0;
};

Values steps(std::int64_t n, Values more = {}) {
  more["steps"] = n;
  return more;
}
const auto integer = [](std::int64_t n) { return Value{n}; };

double accuracy(const torch::Tensor& weight, Split split) {
  const TinyData data;
  const auto batch = data.load(data.ids(split), {});
  return at::linear(batch.input.flatten(1), weight)
      .argmax(1)
      .eq(batch.target)
      .to(torch::kDouble)
      .mean()
      .item<double>();
}

}  // namespace

TEST_CASE("schedules have their closed forms") {
  const LearningRate cosine{"cosine", 4, {}, 0.1, 0.2};
  CHECK(cosine.at(0, 24) == Approx(0.2));  // warm-up: 1/5, 2/5, 3/5, 4/5, then 1
  CHECK(cosine.at(3, 24) == Approx(0.8));
  CHECK(cosine.at(4, 24) == Approx(1));
  CHECK(cosine.at(14, 24) == Approx(0.6));  // half-way between 1 and 0.2
  CHECK(cosine.at(9, 24) == Approx(0.2 + 0.8 * (0.5 + std::sqrt(0.5) / 2)));
  CHECK(cosine.at(24, 24) == Approx(0.2));
  const LearningRate step{"step", 0, {0.5, 0.75}, 0.1, 0};
  CHECK(step.at(49, 100) == 1);
  CHECK(step.at(50, 100) == Approx(0.1));
  CHECK(step.at(75, 100) == Approx(0.01));
  CHECK(LearningRate{}.at(1000, 10) == 1);
  const LearningRate power{"power", 0, {}, 0.1, 0, 0.1, 0.55, 10};
  CHECK(power.at(9, 100) == 1);  // 0.1^-0.55 would be 3.5
  CHECK(power.at(10, 100) == Approx(std::pow(1.1, -0.55)));
  CHECK(power.at(29, 100) == Approx(std::pow(2.1, -0.55)));
}

TEST_CASE("accumulated batches are one batch of their size") {
  Bench apart(steps(5, {{"batch", integer(10)}, {"accumulate", integer(3)}}));
  Bench whole(steps(5, {{"batch", integer(30)}}));
  apart.go();
  whole.go();
  CHECK(at::allclose(apart.model->weight, whole.model->weight, 1e-5, 1e-6));
}

TEST_CASE("epochs are counted in steps, the last of which may be smaller") {
  CHECK(
      Bench({{"epochs", integer(2)}, {"batch", integer(16)}}).train->units(Bench(steps(1)).parts) ==
      8);
  Bench bench({{"epochs", integer(2)}, {"batch", integer(16)}, {"accumulate", integer(3)}});
  CHECK(bench.train->units(bench.parts) == 4);
  bench.go();
  CHECK(bench.units == 4);
  CHECK(bench.of("validation/accuracy").size() == 2);
  CHECK(bench.of("test/accuracy").size() == 1);
}

TEST_CASE("a gradient is clipped to the norm that was asked for") {
  Bench bench(steps(1, {{"clip", 1e-3}}));
  const auto start = bench.model->weight.detach().clone();
  bench.go();
  CHECK((bench.model->weight.detach() - start).norm().item<double>() ==
        Approx(0.5 * 1e-3).epsilon(1e-3));
}

TEST_CASE("the average of the weights is evaluated, lent in between, and the model ends with it") {
  const Reals factors{0.5, -8.0, 2.0};
  Bench bench(
      steps(3, {{"callbacks", Specs{{"ema", {{"decay", 0.75}}}}}, {"evaluate_steps", integer(1)}}),
      std::make_shared<Stepper>(factors));
  auto raw = bench.model->weight.detach().clone(), average = raw;
  for (std::size_t unit = 0; unit < 3; ++unit) {
    bench.train->advance(static_cast<std::int64_t>(unit), bench.parts, bench.context, bench.rows);
    raw = raw * factors[unit];
    average = 0.75 * average + 0.25 * raw;
    CHECK(at::allclose(bench.model->weight, unit < 2 ? raw : average));
    CHECK(bench.of("validation/accuracy").back() == Approx(accuracy(average, Split::kValidation)));
  }
  CHECK(bench.of("test/accuracy").at(0) == Approx(accuracy(average, Split::kTest)));
}

TEST_CASE("training stops once validation has not improved in `patience` evaluations") {
  Bench bench(steps(50, {{"evaluate_steps", integer(2)}, {"patience", integer(3)}}),
              std::make_shared<Stepper>(Reals(50, 1.0)));  // never moves, so never improves
  bench.go();
  CHECK(bench.units == 8);  // the first evaluation sets the mark, three more do not beat it
  CHECK(bench.of("test/accuracy").size() == 1);
  CHECK(bench.rows.kept == Strings{"best"});
  CHECK(bench.of("train/loss").size() == 1);  // of the eight steps, though log_every is 20
}

TEST_CASE("the best weights are those the model ends with, where they were asked for") {
  for (const bool best : {true, false}) {
    // The signs of the weights turn at the second step and turn back at none: validation loss is
    // best at first.
    Bench bench(steps(3, {{"evaluate_steps", integer(1)},
                          {"callbacks", best ? Specs{{"best_weights", {}}} : Specs{}},
                          {"monitor", "nll"}}),
                std::make_shared<Stepper>(Reals{0.5, -8.0, 2.0}));
    const auto start = bench.model->weight.detach().clone();
    bench.go();
    const auto expected = start * (best ? 0.5 : -8.0);
    CHECK(at::allclose(bench.model->weight, expected));
    CHECK(bench.of("test/accuracy").at(0) == Approx(accuracy(expected, Split::kTest)));
  }
}

TEST_CASE("a row of train/loss is the mean since the last one, the remainder at the end") {
  Bench each(steps(7, {{"log_every", integer(1)}})), few(steps(7, {{"log_every", integer(3)}}));
  each.go();
  few.go();
  const auto all = each.of("train/loss"), some = few.of("train/loss");
  REQUIRE(some.size() == 3);
  CHECK(some[0] == Approx((all[0] + all[1] + all[2]) / 3));
  CHECK(some[2] == Approx(all[6]));
}

TEST_CASE("bf16 rounds the forward pass and leaves the weights float") {
  Bench half(steps(4, {{"bf16", true}, {"log_every", integer(1)}})),
      full(steps(4, {{"log_every", integer(1)}}));
  half.go();
  full.go();
  CHECK(half.model->weight.scalar_type() == torch::kFloat);
  CHECK(half.of("train/loss") != full.of("train/loss"));
  CHECK(half.of("train/loss").back() == Approx(full.of("train/loss").back()).epsilon(0.05));
}

TEST_CASE("a loss that is not finite ends the trial, unless it is allowed") {
  const Reals broken{std::numeric_limits<double>::infinity(), 1, 1};
  Bench strict(steps(3, {{"evaluate_steps", integer(3)}}), std::make_shared<Stepper>(broken));
  CHECK_THROWS_AS(strict.go(), Error);
  CHECK(strict.units == 1);
  Bench lenient(steps(3, {{"allow_nonfinite", true}}), std::make_shared<Stepper>(broken));
  lenient.go();
  CHECK(lenient.units == 3);
}

TEST_CASE("weights that the last step ruined end the trial too") {
  const Reals broken{1, 1, std::numeric_limits<double>::infinity()};
  Bench strict(steps(3), std::make_shared<Stepper>(broken));
  CHECK_THROWS_WITH(strict.go(), Catch::Contains("validation/nll is nan"));
  Bench lenient(steps(3, {{"allow_nonfinite", true}}), std::make_shared<Stepper>(broken));
  CHECK_NOTHROW(lenient.go());
}

TEST_CASE("loading ahead changes no number") {
  Bench ahead(steps(9, {{"batch", integer(8)}, {"prefetch", integer(3)}})),
      plain(steps(9, {{"batch", integer(8)}, {"prefetch", integer(0)}}));
  ahead.go();
  plain.go();
  CHECK(ahead.model->weight.equal(plain.model->weight));
}

TEST_CASE("one of epochs and steps must be given, and not both") {
  CHECK_THROWS_WITH(Bench({}), Catch::Contains("exactly one of `epochs` and `steps`"));
  CHECK_THROWS_WITH(Bench({{"epochs", integer(1)}, {"steps", integer(1)}}),
                    Catch::Contains("exactly one of"));
}

TEST_CASE("forgetting counts the answers that go from right to wrong, at each sample's own batch") {
  const Reals turns{1, -1, -1, 1, -1, 1, 1, -1};  // the answers turn with the weights' sign
  Bench bench(steps(8, {{"batch", integer(30)}, {"callbacks", Specs{{"count_forgetting", {}}}}}),
              std::make_shared<Stepper>(turns));
  const TinyData data;
  const auto ids = data.ids(Split::kTrain);
  std::vector<std::int64_t> expected(60, -2);
  std::vector<bool> was_right(60);
  Batches batches(ids, 30, bench.context.rng);
  auto weight = bench.model->weight.detach().clone();
  for (std::size_t step = 0; step < turns.size(); ++step) {
    const auto batch = data.load(batches.at(static_cast<std::int64_t>(step)).ids, {});
    const auto answer = at::linear(batch.input.flatten(1), weight).argmax(1);
    for (std::int64_t k = 0; k < batch.size(); ++k) {
      const auto id = static_cast<std::size_t>(batch.id[k].item<std::int64_t>());
      const bool right = answer[k].item<std::int64_t>() == batch.target[k].item<std::int64_t>();
      if (expected[id] < 0) expected[id] = right ? 0 : -1;
      if (!right && was_right[id]) ++expected[id];
      was_right[id] = right;
    }
    weight = weight * turns[step];
  }
  bench.go();
  const auto& found = bench.rows.artifacts.at("forgetting");
  CHECK(found.at("forgotten").equal(torch::tensor(expected)));
  CHECK(found.at("forgotten").max().item<std::int64_t>() > 1);
  CHECK(found.at("forgotten").min().item<std::int64_t>() == -1);
  CHECK(found.at("ids").equal(at::arange(60, torch::kInt64)));
}

TEST_CASE("the last layers or the named parameters alone are trained if that is asked for") {
  TinyData data;
  const auto trained_with = [&](Values chosen) {
    Bench bench(steps(2, std::move(chosen)));
    auto model = plugins().make<Model>({"convnet", {{"width", integer(4)}}}, &data.info());
    bench.parts.model = model;
    Tensors before;
    for (const auto& w : model->parameters()) before.push_back(w.detach().clone());
    bench.go();
    std::vector<bool> moved;  // two convolutions, two linear layers: weights and biases
    for (std::size_t k = 0; k < before.size(); ++k)
      moved.push_back(!before[k].equal(model->parameters()[k]));
    return moved;
  };
  const auto trained = [&](std::int64_t n) { return trained_with({{"layers", integer(n)}}); };
  const auto only = [&](Strings names) { return trained_with({{"only", std::move(names)}}); };
  CHECK(trained(1) == std::vector<bool>{0, 0, 0, 0, 0, 0, 1, 1});
  CHECK(trained(2) == std::vector<bool>{0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(trained(0) == std::vector<bool>(8, true));
  CHECK_THROWS_WITH(trained(5), Catch::Contains("`layers` is 5, but the model has only 4"));
  CHECK(only({"output.*"}) == trained(1));
  CHECK(only({"*.bias", "first.weight"}) == std::vector<bool>{1, 1, 0, 1, 0, 1, 0, 1});
  CHECK_THROWS_WITH(only({"output.weigth"}), Catch::Contains("`only` has the pattern") &&
                                                 Catch::Contains("nearest is `output.weight`"));
  CHECK_THROWS_WITH(trained_with({{"layers", integer(1)}, {"only", Strings{"output.*"}}}),
                    Catch::Contains("give one of them"));
}

TEST_CASE("norms of layers that stay keep their statistics; they go with the layer before them") {
  TinyData data;
  Bench bench(steps(2, {{"layers", integer(2)}, {"evaluate_steps", integer(1)}}));
  auto model = plugins().make<Model>({"resnet", {{"depth", integer(8)}, {"width", integer(4)}}},
                                     &data.info());
  bench.parts.model = model;
  std::map<std::string, torch::Tensor> before;
  for (const auto& item : model->named_parameters()) before[item.key()] = item.value().clone();
  for (const auto& item : model->named_buffers()) before[item.key()] = item.value().clone();
  bench.go();
  std::set<std::string> moved;
  for (const auto& item : model->named_parameters())
    if (!before[item.key()].equal(item.value())) moved.insert(item.key());
  for (const auto& item : model->named_buffers())
    if (!before[item.key()].equal(item.value())) moved.insert(item.key());
  std::set<std::string> last{"linear.weight", "linear.bias", "layer3.0.conv2.weight"};
  for (const char* own : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"})
    last.insert(std::string("layer3.0.bn2.") + own);
  CHECK(moved == last);
}
