// irm, vrex and fishr: closed forms by hand, and autograd where the plugins use closed forms.
#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/stack.h>

#include "tests/support/closed_form.h"
#include "tests/support/net.h"

using namespace assay;
using namespace assay::testing;

namespace {

std::shared_ptr<Objective> make(const std::string& use, Values params = {},
                                const Info& info = two_groups()) {
  return plugins().make<Objective>({use, std::move(params)}, &info);
}

// Two logits (0, a) a sample, and class 0 or 1.
Batch two_class(const std::vector<double>& a, const std::vector<std::int64_t>& target,
                const std::vector<std::int64_t>& group) {
  const auto second = torch::tensor(a, torch::kDouble);
  return {at::stack({at::zeros_like(second), second}, 1), torch::tensor(target, torch::kInt64),
          torch::arange(second.size(0)), torch::tensor(group, torch::kInt64)};
}

Context at_step(std::int64_t step) {
  return Context{torch::kCPU, Rng(3)}.at_step(step);
}

std::vector<double> values(Objective& objective, Model& model, const Batch& batch,
                           std::int64_t step = 0) {
  const torch::NoGradGuard no_grad;
  std::vector<double> all;
  for (const auto& term : objective.evaluate(model, batch, at_step(step)))
    all.push_back(number(term.value));
  return all;
}

// IRMv1's penalty as it is written: the product of two gradients in a factor of the logits.
torch::Tensor irm_penalty(const torch::Tensor& logits, const torch::Tensor& target) {
  const auto scale = torch::ones({}, torch::TensorOptions(torch::kDouble).requires_grad(true));
  const auto half = [&](std::int64_t parity) {
    const auto rows = torch::arange(parity, logits.size(0), 2);
    const auto loss =
        at::cross_entropy_loss(logits.index_select(0, rows) * scale, target.index_select(0, rows));
    return torch::autograd::grad({loss}, {scale}, {}, true, true)[0];
  };
  return half(0) * half(1);
}

// Of each sample's gradient of the last layer, by autograd: the variance of each number.
torch::Tensor brute_variances(Net& net, const Batch& batch, std::int64_t group) {
  Tensors all;
  const auto rows = rows_of(batch, group);
  for (std::int64_t k = 0; k < rows.size(0); ++k) {
    const auto row = rows[k].view({1});
    const auto loss = at::cross_entropy_loss(net.forward(batch.select(row)).logits,
                                             batch.target.index_select(0, row));
    const auto g = torch::autograd::grad({loss}, {net.weight, net.bias}, {}, true, true);
    all.push_back(at::cat({g[0], g[1].unsqueeze(1)}, 1).flatten());
  }
  const auto each = at::stack(all);
  return (each - each.mean(0)).square().mean(0);
}

}  // namespace

TEST_CASE("vrex is the mean of the environments' losses and their population variance") {
  // log(1 + e^a) is the loss of class 0: 3.5 and 1.5.
  const double high = std::log(std::exp(3.5) - 1), low = std::log(std::exp(1.5) - 1);
  Same model;
  const auto objective = make("vrex", {}, two_groups(2));
  const auto found = values(*objective, model, two_class({high, low}, {0, 0}, {0, 1}));
  CHECK(found[0] == Approx(2.5).epsilon(1e-12));
  CHECK(found[1] == Approx(1.0).epsilon(1e-12));
  // Environments count alike, whatever their sizes.
  const auto uneven =
      values(*objective, model, two_class({high, high, high, low}, {0, 0, 0, 0}, {0, 0, 0, 1}));
  CHECK(uneven[0] == Approx(2.5).epsilon(1e-12));
  CHECK(uneven[1] == Approx(1.0).epsilon(1e-12));
  const auto alone = values(*objective, model, two_class({high}, {0}, {1}));
  CHECK(alone[0] == Approx(3.5).epsilon(1e-12));
  CHECK(alone[1] == 0);
}

TEST_CASE("irm's penalty is the product of two halves' slopes, by hand") {
  // With (0, ln 3), p = (1, 3) / 4: the slope is -ln 3 / 4 for class 1, 3 ln 3 / 4 for class 0.
  const double a = std::log(3.0);
  Same model;
  const auto objective = make("irm", {}, two_groups(2));
  const auto found =
      values(*objective, model, two_class({a, a, a, a, a}, {1, 1, 0, 1, 1}, {0, 1, 0, 1, 0}));
  // Left: class 1 and 1 are the even samples, class 0 the odd one. Right: class 1 and 1.
  CHECK(found[1] == Approx((-3.0 / 16 + 1.0 / 16) / 2 * a * a).epsilon(1e-12));
  CHECK(found[0] ==
        Approx((std::log(4.0) + 2 * std::log(4.0 / 3)) / 6 + std::log(4.0 / 3) / 2).epsilon(1e-12));
  // An environment of one sample has a loss and no penalty.
  const auto single = values(*objective, model, two_class({a, a, a}, {1, 1, 0}, {0, 0, 1}));
  CHECK(single[1] == Approx(a * a / 16).epsilon(1e-12));
  CHECK(values(*objective, model, two_class({a}, {1}, {0}))[1] == 0);
}

TEST_CASE("irm's penalty and its gradient are those of double backward and of differences") {
  Net net;
  const auto batch = random_batch(11, 3, 2, {0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1});
  const auto objective = make("irm");
  const auto value = objective->evaluate(net, batch, at_step(0)).at(1).value;
  torch::Tensor expected;
  for (std::int64_t g = 0; g < 2; ++g) {
    const auto rows = rows_of(batch, g);
    const auto part = irm_penalty(net.forward(batch.select(rows)).logits,
                                  batch.target.index_select(0, rows));
    expected = expected.defined() ? expected + part : part;
  }
  CHECK(number(value) == Approx(number(expected) / 2).epsilon(1e-12));
  const auto gradient = torch::autograd::grad({value}, {net.first, net.weight});
  const auto twice = torch::autograd::grad({expected / 2}, {net.first, net.weight});
  CHECK(close(gradient[0], twice[0]));
  CHECK(close(gradient[1], twice[1]));
  const double h = 1e-5;
  const auto at = [&](double step) {
    const torch::NoGradGuard no_grad;
    net.first[1][2].add_(step);
    const double found = values(*objective, net, batch)[1];
    net.first[1][2].sub_(step);
    return found;
  };
  CHECK(number(gradient[0][1][2]) == Approx((at(h) - at(-h)) / (2 * h)).epsilon(1e-6));
}

TEST_CASE("fishr's variances are those of each sample's gradient by autograd") {
  Net net;
  const auto batch = random_batch(11, 3, 2, {0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1});
  const auto objective = make("fishr");
  const auto found = objective->evaluate(net, batch, at_step(0));
  const auto left = brute_variances(net, batch, 0), right = brute_variances(net, batch, 1);
  // Of two environments, each is half the difference from the mean.
  const auto expected = ((left - right) / 2).square().mean();
  CHECK(number(found[1].value) == Approx(number(expected)).epsilon(1e-11));
  CHECK(number(expected) > 1e-4);
  const auto gradient = torch::autograd::grad({found[1].value}, {net.first, net.weight, net.bias});
  const auto brute = torch::autograd::grad({expected}, {net.first, net.weight, net.bias});
  for (std::size_t k = 0; k < 3; ++k) CHECK(close(gradient[k], brute[k]));
}

TEST_CASE("fishr's loss is the mean over environments or over samples") {
  Net net;
  // Three samples of the first environment, eight of the second.
  const auto batch = random_batch(11, 3, 2, {1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1});
  const auto each =
      at::cross_entropy_loss(net.forward(batch).logits, batch.target, {}, at::Reduction::None);
  const auto mean = [&](std::int64_t group) {
    return number(each.index_select(0, rows_of(batch, group)).mean());
  };
  const auto of = [&](const Values& params) { return values(*make("fishr", params), net, batch); };
  const auto alike = of({}), pooled = of({{"mean_over", "samples"}});
  CHECK(alike[0] == Approx((mean(0) + mean(1)) / 2).epsilon(1e-12));
  CHECK(pooled[0] == Approx(number(each.mean())).epsilon(1e-12));
  CHECK(pooled[0] == Approx((3 * mean(0) + 8 * mean(1)) / 11).epsilon(1e-12));
  CHECK(std::abs(pooled[0] - alike[0]) > 1e-3);
  CHECK(pooled[1] == alike[1]);
}

TEST_CASE("fishr adds decayed variances of earlier steps, once a step, and none of absent ones") {
  Net net;
  const std::vector<Batch> batches = {random_batch(6, 3, 2, {0, 1, 1, 0, 0, 1}),
                                      random_batch(6, 3, 3, {0, 0, 0, 0, 0, 0}),
                                      random_batch(6, 3, 4, {0, 1, 1, 0, 0, 1})};
  auto objective = make("fishr", {{"ema", 0.9}});
  torch::Tensor left, right;
  for (std::size_t step = 0; step < 3; ++step) {
    const auto& batch = batches[step];
    const auto first = values(*objective, net, batch, static_cast<std::int64_t>(step));
    // Elsewhere, as sharpness-aware methods look, and again: the step finds the same past.
    {
      const torch::NoGradGuard no_grad;
      net.first.add_(0.1);
      CHECK(values(*objective, net, batch, static_cast<std::int64_t>(step)) != first);
      net.first.sub_(0.1);
    }
    const auto again = values(*objective, net, batch, static_cast<std::int64_t>(step));
    CHECK(again[1] == Approx(first[1]).epsilon(1e-12));
    const auto add = [&](torch::Tensor& sum, std::int64_t group) {
      const auto now = brute_variances(net, batch, group).detach();
      sum = sum.defined() ? 0.9 * sum + now : now;
    };
    add(left, 0);
    if (step != 1) add(right, 1);
    if (step == 1) CHECK(first[1] == 0);  // one environment is as far from the mean as none
    if (step != 1)
      CHECK(first[1] == Approx(number(((left - right) / 2).square().mean())).epsilon(1e-10));
    objective->finish_step(net, {batch}, at_step(static_cast<std::int64_t>(step)));
    State state;  // a resume between two steps
    objective->save(state);
    objective = make("fishr", {{"ema", 0.9}});
    objective->load(state);
  }
}

TEST_CASE("the penalties are evaluated to the bit again, and resume within a training") {
  Net net;
  const auto batch = random_batch(6, 3, 2, {0, 1, 1, 0, 0, 1});
  for (const std::string use : {"irm", "vrex", "fishr"}) {
    const auto objective = make(use);
    CHECK(objective->terms() == Strings{"nll", "penalty"});
    const auto first = values(*objective, net, batch, 4);
    CHECK(values(*objective, net, batch, 4) == first);
    State state;
    objective->save(state);
    const auto fresh = make(use);
    fresh->load(state);
    CHECK(values(*fresh, net, batch, 4) == first);
    CHECK(values(*fresh, net, batch, 5) == values(*objective, net, batch, 5));
  }
}

TEST_CASE("a forward pass in bfloat16 leaves losses and penalties in float") {
  class Pass final : public Model {
   public:
    Output forward(const Batch& batch) override { return {batch.input, batch.input}; }
  } model;
  const auto input = at::randn({9, 3}, Rng(1).generator(), torch::kFloat);
  const Batch batch{input, torch::arange(9) % 3, torch::arange(9), torch::arange(9) % 2};
  for (const std::string use : {"irm", "vrex", "fishr"}) {
    const auto losses = [&](bool bf16) {
      const auto objective = make(use, {{"anneal_steps", std::int64_t{0}}});
      BatchProblem problem(model, *objective, {.bf16 = bf16});
      problem.begin({batch}, at_step(0), 1);
      return assay::testing::term_losses(problem);
    };
    INFO(use);
    CHECK(losses(true)[0] == Approx(losses(false)[0]).epsilon(1e-6));
    CHECK(losses(true)[1] == Approx(losses(false)[1]).epsilon(1e-5));
  }
}

TEST_CASE("the weight of a penalty is small until the steps of annealing are over") {
  Net net;
  const auto batch = random_batch(6, 3, 2, {0, 1, 1, 0, 0, 1});
  const std::map<std::string, std::vector<double>> expected = {
      {"irm", {1, 1, 100, 7}}, {"vrex", {1, 1, 10, 7}}, {"fishr", {0, 0, 1000, 7}}};
  for (const auto& [use, weights] : expected) {
    INFO(use);
    const std::int64_t last = use == "fishr" ? 1500 : 500;
    const auto objective = make(use);
    const auto weight = [&](Objective& o, std::int64_t step) {
      return o.evaluate(net, batch, at_step(step)).at(1).weight;
    };
    CHECK(weight(*objective, 0) == weights[0]);
    CHECK(weight(*objective, last - 1) == weights[1]);
    CHECK(weight(*objective, last) == weights[2]);
    CHECK(weight(*make(use, {{"lambda", 7.0}, {"anneal_steps", std::int64_t{0}}}), 0) ==
          weights[3]);
  }
}

TEST_CASE("a dataset without groups, and for fishr a model without features, is refused") {
  auto none = two_groups();
  none.groups.clear();
  for (const std::string use : {"irm", "vrex", "fishr"}) {
    CHECK_THROWS_WITH(make(use, {}, none),
                      Catch::Contains("use a dataset with two or more groups"));
    CHECK_THROWS_WITH(make(use, {}, two_groups(0)), Catch::Contains("classification dataset"));
  }
  Same model;  // gives no features
  CHECK_THROWS_WITH(
      make("fishr", {}, two_groups(2))->evaluate(model, two_class({1}, {0}, {0}), at_step(0)),
      Catch::Contains("returns no features"));
}

TEST_CASE("an environment that the batch lacks leaves gradients as they are without it") {
  auto three = two_groups();
  three.groups.push_back("absent");
  three.group_sizes.push_back(10);
  const auto batch = random_batch(11, 3, 2, {0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1});
  for (const std::string use : {"irm", "vrex", "fishr"}) {
    INFO(use);
    const auto gradient = [&](const Info& info) {
      Net net;
      const auto objective = make(use, {}, info);
      torch::Tensor sum;
      for (const auto& term : objective->evaluate(net, batch, at_step(0)))
        sum = sum.defined() ? sum + term.value : term.value;
      return torch::autograd::grad({sum}, {net.first, net.weight, net.bias});
    };
    const auto with = gradient(three), without = gradient(two_groups());
    for (std::size_t i = 0; i < with.size(); ++i) CHECK(close(with[i], without[i]));
  }
}
