// Callbacks of a training: averages against their closed forms, who decides on weights, resumes.
#include <catch2/catch.hpp>

#include <algorithm>

#include <ATen/ops/allclose.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "assay/callback.h"
#include "assay/sdk/batch_norm.h"
#include "tests/support/net.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Multiplies the weights by a factor of its own at each step.
class Stepper : public Optimizer {
 public:
  explicit Stepper(Reals factors) : factors_(std::move(factors)) {}
  double step(Problem& problem) override {
    const torch::NoGradGuard no_grad;
    for (const auto& w : problem.parameters()) w.mul_(factors_.at(count_));
    ++count_;
    return 0;
  }

 private:
  Reals factors_;
  std::size_t count_ = 0;
};

// Lookahead's slow weights, Zhang, Lucas, Hinton and Ba, NeurIPS 2019, written against the SDK.
class Lookahead final : public Stepper, public WeightLender {
 public:
  using Stepper::Stepper;
  double step(Problem& problem) override {
    if (slow_.empty())
      for (const auto& w : problem.parameters()) slow_.push_back(w.detach().clone());
    const double loss = Stepper::step(problem);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < slow_.size(); ++i)
      slow_[i].lerp_(problem.parameters()[i].detach(), 0.5);
    return loss;
  }
  Tensors lent_weights() override { return slow_; }

 private:
  Tensors slow_;
};

struct Bench {
  Parts parts;
  std::shared_ptr<Net> model = std::make_shared<Net>(64);
  Rows rows;
  std::shared_ptr<Procedure> train;

  Bench(Values params, std::shared_ptr<Optimizer> optimizer) {
    parts.model = model;
    parts.dataset = std::make_shared<TinyData>();
    parts.objective = std::make_shared<OneTerm>();
    parts.optimizer = std::move(optimizer);
    train = plugins().make<Procedure>({"train", std::move(params)}, &parts.dataset->info());
  }
  void go(std::int64_t from, std::int64_t to) {
    for (std::int64_t unit = from; unit < to; ++unit)
      train->advance(unit, parts, Context{torch::kCPU, Rng(3), nullptr}, rows);
  }
};

// Two batches per epoch.
Values epochs(std::int64_t n, Specs callbacks) {
  return {{"epochs", n}, {"batch", std::int64_t{30}}, {"callbacks", std::move(callbacks)}};
}

}  // namespace

TEST_CASE("swa ends with the mean of the weights at the ends of late epochs") {
  const Reals factors{0.5, 3, -1, 0.25, 4, -0.5, 2, 1.5};
  Bench bench(epochs(4, {{"swa", {{"start", 0.5}}}}), std::make_shared<Stepper>(factors));
  const auto start = bench.model->weight.detach().clone();
  bench.go(0, 8);
  double product = 1, sum = 0;
  for (std::size_t k = 0; k < 8; ++k) {
    product *= factors[k];
    if (k == 5 || k == 7) sum += product;  // the ends of the epochs after half of the training
  }
  CHECK(close(bench.model->weight.detach(), start * sum / 2));
}

TEST_CASE("until swa has an average, evaluation is done with the model's own weights") {
  const auto rows = [](Specs callbacks) {
    Bench bench(epochs(4, std::move(callbacks)), std::make_shared<Stepper>(Reals(8, 0.9)));
    bench.go(0, 4);
    return bench.rows.rows;
  };
  CHECK(rows({{"swa", {{"start", 0.5}}}}) == rows({}));
}

TEST_CASE("an optimizer's slow weights are evaluated, and the model ends with them") {
  const auto optimizer = std::make_shared<Lookahead>(Reals{3, 3});
  Bench bench(epochs(1, {}), optimizer);
  const auto start = bench.model->weight.detach().clone();
  bench.go(0, 2);
  CHECK(close(bench.model->weight.detach(), start * 5.5));  // 1 -> 2, and (2 + 9) / 2
}

TEST_CASE("best_weights keeps the averaged weights of the best validation") {
  Bench bench(epochs(3, {{"ema", {{"decay", 0.5}}}, {"best_weights", {}}}),
              std::make_shared<Stepper>(Reals{1, 1, -9, -9, 2, 2}));
  const auto start = bench.model->weight.detach().clone();
  bench.go(0, 6);
  const double averages[] = {1, 38.5, 212.125};  // after each epoch
  std::vector<double> found;
  for (const auto& [name, value] : bench.rows.rows)
    if (name == "validation/accuracy") found.push_back(value);
  REQUIRE(found.size() == 3);
  const auto best = std::max_element(found.begin(), found.end()) - found.begin();
  CHECK(close(bench.model->weight.detach(), start * averages[best], 1e-9));
}

TEST_CASE("two that lend weights, or choose them, are refused") {
  const auto refused = [](Specs callbacks, std::shared_ptr<Optimizer> optimizer,
                          const std::string& said) {
    Bench bench(epochs(1, std::move(callbacks)), std::move(optimizer));
    CHECK_THROWS_WITH(bench.go(0, 1), Catch::Contains(said));
  };
  const auto plain = std::make_shared<Stepper>(Reals{1, 1});
  refused({{"ema", {}}, {"swa", {}}}, plain, "lend weights for evaluation; only one may");
  refused({{"ema", {}}}, std::make_shared<Lookahead>(Reals{1, 1}), "a callback and the optimizer");
  refused({{"best_weights", {}}, {"best_weights", {}}}, plain, "choose the final weights");
}

TEST_CASE("batch norm's statistics for other weights are means over the training split's batches") {
  class Normed final : public Model {
   public:
    Normed() {
      linear = register_module("linear", torch::nn::Linear(64, 5));
      norm = register_module("norm", torch::nn::BatchNorm1d(5));
    }
    Output forward(const Batch& batch) override {
      return {norm->forward(linear->forward(batch.input.flatten(1))), {}};
    }
    torch::nn::Linear linear{nullptr};
    torch::nn::BatchNorm1d norm{nullptr};
  };
  const TinyData data;
  Normed model;
  model.train();
  Tensors weights;
  for (const auto& w : model.parameters()) weights.push_back(w.detach() * 2 + 0.1);
  const auto before = copies(model.buffers()), own = copies(model.parameters());
  const auto found = batch_norm_buffers(model, weights, data, 25, {});
  CHECK(same(before, model.buffers()));
  CHECK(same(own, copies(model.parameters())));
  CHECK(model.norm->is_training());
  CHECK(model.norm->options.momentum() == Approx(0.1));
  torch::Tensor mean = at::zeros({5}), variance = at::zeros({5});
  Batches order(data.ids(Split::kTrain), 25, Context{}.rng.fork("batch_norm"));
  for (std::int64_t k = 0; k < 3; ++k) {  // 25, 25 and 10 samples
    const auto batch = data.load(order.at(k).ids, {});
    const auto x = at::linear(batch.input.flatten(1), weights[0], weights[1]);
    mean += x.mean(0) / 3;
    variance += x.var(0) / 3;
  }
  CHECK(at::allclose(found.at(0), mean, 1e-4, 1e-5));
  CHECK(at::allclose(found.at(1), variance, 1e-4, 1e-5));
  // A norm that is not trained keeps its statistics.
  for (auto& w : model.norm->parameters()) w.requires_grad_(false);
  CHECK(same(before, batch_norm_buffers(model, weights, data, 25, {})));
}
