// domains: a term a group, pseudo-labels by hand, one forward pass a term.
#include <catch2/catch.hpp>

#include <ATen/ops/cross_entropy_loss.h>

#include "tests/support/net.h"

using namespace assay;
using namespace assay::testing;

namespace {

std::shared_ptr<Objective> domains(Values params = {}, const Info& info = two_groups()) {
  return plugins().make<Objective>({"domains", std::move(params)}, &info);
}

const Context kHere{torch::kCPU, Rng(3)};

std::vector<Term> evaluated(Objective& objective, Model& model, const Batch& batch) {
  return objective.evaluate(model, objective.prepare(model, batch, kHere), kHere);
}

}  // namespace

TEST_CASE("each group's term is the cross-entropy of its own samples") {
  Net net;
  const auto batch = random_batch(7, 3, 1, {1, 0, 0, 1, 0, 0, 0});
  const auto objective = domains();
  CHECK(objective->terms() == Strings{"left", "right"});
  const auto terms = objective->evaluate(net, batch, kHere);
  for (std::int64_t g = 0; g < 2; ++g) {
    const auto rows = rows_of(batch, g);
    const auto logits = net.forward(batch.select(rows)).logits;
    CHECK(number(terms.at(static_cast<std::size_t>(g)).value) ==
          Approx(number(at::cross_entropy_loss(logits, batch.target.index_select(0, rows))))
              .epsilon(1e-13));
    CHECK(terms.at(static_cast<std::size_t>(g)).weight == 1);
  }
}

TEST_CASE("without labels only confident predictions count, as if they were true") {
  // p = 0.75, 0.9 and 0.5; the last two samples are of the other group.
  const double third = std::log(3.0), ninth = std::log(9.0);
  const Batch batch{
      torch::tensor({0.0, third, ninth, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0}, torch::kDouble)
          .view({5, 2}),
      torch::tensor({0, 0, 0, 0, 1}, torch::kInt64), torch::arange(5),
      torch::tensor({1, 1, 1, 0, 0}, torch::kInt64)};
  Same model;
  const auto value = [&](double tau, const Batch& samples) {
    const auto objective = domains({{"unlabelled", Strings{"right"}}, {"tau", tau}}, two_groups(2));
    return number(evaluated(*objective, model, samples).at(1).value);
  };
  CHECK(value(0.8, batch) == Approx(-std::log(0.9)));
  CHECK(value(0.7, batch) == Approx(-(std::log(0.9) + std::log(0.75)) / 2));
  CHECK(value(0.5, batch) == Approx(-(std::log(0.9) + std::log(0.75) + std::log(0.5)) / 3));
  CHECK(value(0.95, batch) == 0);
  // The labels are not looked at.
  auto relabeled = batch;
  relabeled.target = torch::tensor({1, 1, 1, 0, 1}, torch::kInt64);
  CHECK(value(0.7, relabeled) == value(0.7, batch));
}

TEST_CASE("the pseudo-label is a constant, so the gradient is that of a true label") {
  Net net;
  const auto batch = random_batch(6, 3, 1, {1, 1, 1, 1, 1, 1});
  auto labeled = batch;
  labeled.target = net.forward(batch).logits.argmax(1);
  const auto gradient = [&](const std::shared_ptr<Objective>& objective, const Batch& samples) {
    return torch::autograd::grad({evaluated(*objective, net, samples).at(1).value},
                                 {net.first, net.weight});
  };
  const auto pseudo = gradient(domains({{"unlabelled", Strings{"right"}}, {"tau", 0.0}}), batch);
  const auto truth = gradient(domains(), labeled);
  CHECK(close(pseudo[0], truth[0]));
  CHECK(close(pseudo[1], truth[1]));
  CHECK(pseudo[0].abs().max().item<double>() > 1e-3);
}

TEST_CASE("a domain that is absent, or sure of nothing, is no part of the step") {
  Net net;
  const auto objective = domains({{"unlabelled", Strings{"right"}}, {"tau", 1.0}});
  for (const bool absent : {true, false}) {
    const auto batch = random_batch(3, 3, 1, {0, 0, absent ? 0 : 1});
    BatchProblem problem(net, *objective, {});
    problem.begin({batch}, kHere, 1);
    const auto parts = problem.gradients(By::kTerm);
    CHECK(parts.size() == 1);
    CHECK(parts[0].loss > 0);
    CHECK(parts[0].samples == (absent ? 3 : 2));
    CHECK_THROWS_WITH(problem.gradient_of(By::kTerm, 1),
                      Catch::Contains("the term `right`, which this step lacks"));
    for (const auto& g : problem.raw_gradient().tensors) CHECK(g.isfinite().all().item<bool>());
  }
}

TEST_CASE("pseudo-labels are those of the step's first weights, and the confident ones count") {
  Net net;
  const auto batch = random_batch(9, 3, 1, {0, 1, 1, 0, 1, 1, 1, 0, 1});
  const auto rows = rows_of(batch, 1);
  const auto [confidence, label] =
      net.forward(batch.select(rows)).logits.detach().softmax(1).max(1);
  const double tau = number(confidence.median());
  const auto objective = domains({{"unlabelled", Strings{"right"}}, {"tau", tau}});
  const auto confident = (confidence >= tau).nonzero().squeeze(1);
  REQUIRE(confident.size(0) > 0);
  REQUIRE(confident.size(0) < rows.size(0));
  BatchProblem problem(net, *objective, {});
  problem.begin({batch}, kHere, 1);
  {
    const torch::NoGradGuard no_grad;
    net.weight.copy_(net.weight.flip(0).clone());  // other predictions
    net.bias.add_(torch::tensor({3.0, 0.0, -3.0}));
  }
  const auto parts = problem.losses(By::kTerm);
  REQUIRE(parts.size() == 2);
  CHECK(parts[1].samples == confident.size(0));
  const auto logits = net.forward(batch.select(rows.index_select(0, confident))).logits.detach();
  CHECK(parts[1].loss ==
        Approx(number(at::cross_entropy_loss(logits, label.index_select(0, confident))))
            .epsilon(1e-12));
}

TEST_CASE("a batch of an unlabelled domain that was not prepared is refused") {
  Net net;
  const auto objective = domains({{"unlabelled", Strings{"right"}}});
  CHECK_THROWS_WITH(objective->evaluate(net, random_batch(2, 3, 1, {0, 1}), kHere),
                    Catch::Contains("call prepare() first"));
}

TEST_CASE("one term alone is the same to the bit, of its own samples, for one forward pass") {
  Net net(3, 16, 3, 0.5);  // with dropout
  const auto objective = domains({{"unlabelled", Strings{"right"}}, {"tau", 0.4}});
  const auto batch =
      objective->prepare(net, random_batch(8, 3, 1, {0, 1, 0, 1, 1, 1, 0, 1}), kHere);
  CHECK(net.forwards == 1);  // of the domain without labels
  const auto all = objective->evaluate(net, batch, kHere);
  CHECK(net.forwards == 3);
  for (const std::size_t k : {1, 0}) {
    net.forwards = 0;
    seed_default_generators(Rng(77), torch::kCPU);  // what came before does not matter
    CHECK(number(objective->evaluate_term(k, net, batch, kHere).value) == number(all[k].value));
    CHECK(net.forwards == 1);
  }
  const auto other = objective->evaluate(net, batch, {torch::kCPU, Rng(4)});
  CHECK(number(other[0].value) != number(all[0].value));
}

TEST_CASE("domains refuses what has no groups, and groups that are not there") {
  using Catch::Contains;
  auto none = two_groups();
  none.groups.clear();
  CHECK_THROWS_WITH(domains({}, none), Contains("the dataset has no groups"));
  CHECK_THROWS_WITH(domains({}, two_groups(0)), Contains("has no classes"));
  CHECK_THROWS_WITH(domains({{"unlabelled", Strings{"rihgt"}}}), Contains("did you mean `right`?"));
  CHECK_THROWS_WITH(domains({{"unlabelled", Strings{"amazon"}}}), Contains("it has left, right"));
}

TEST_CASE("a domain's mean is over its samples of all batches of a step") {
  const auto whole = random_batch(9, 3, 1, {0, 0, 0, 0, 1, 0, 0, 1, 1});
  Net net;
  const auto objective = domains();
  BatchProblem at_once(net, *objective, {}), in_parts(net, *objective, {});
  at_once.begin({whole}, kHere, 1);
  // The first lacks `right`.
  in_parts.begin({part_of(whole, 0, 4), part_of(whole, 4, 2), part_of(whole, 6, 3)}, kHere, 1);
  const auto alike = [](double loss, const Tensors& list, double other_loss, const Tensors& other) {
    CHECK(loss == Approx(other_loss).epsilon(1e-12));
    REQUIRE(list.size() == other.size());
    for (std::size_t i = 0; i < list.size(); ++i) CHECK(close(list[i], other[i]));
  };
  const auto same = [&](const Gradient& a, const Gradient& b) {
    alike(a.loss, a.tensors, b.loss, b.tensors);
  };
  const auto same_part = [&](const Part& a, const Part& b) {
    CHECK(a.index == b.index);
    CHECK(a.samples == b.samples);
    alike(a.loss, a.gradient, b.loss, b.gradient);
  };
  const auto a = at_once.gradients(By::kTerm), b = in_parts.gradients(By::kTerm);
  for (std::size_t k = 0; k < 2; ++k) {
    same_part(a[k], b[k]);
    same_part(a[k], in_parts.gradient_of(By::kTerm, a[k].index));
    CHECK(in_parts.losses(By::kTerm)[k].loss == Approx(a[k].loss).epsilon(1e-12));
  }
  same(at_once.raw_gradient(), in_parts.raw_gradient());
  const auto weigh = [](const std::vector<Part>& parts) {
    return std::vector<double>{parts[1].loss, -2};
  };
  same(at_once.weighted_gradient(By::kTerm, weigh), in_parts.weighted_gradient(By::kTerm, weigh));
  CHECK(in_parts.loss() == Approx(at_once.loss()).epsilon(1e-12));
  // In parts of one sample, where each lacks the other domain.
  std::vector<Gradient> sums(2);
  for (const auto& [problem, share] : in_parts.split(1)) {
    const auto parts = problem->gradients(By::kTerm);
    REQUIRE(parts.size() == 1);
    auto& sum = sums.at(static_cast<std::size_t>(parts[0].index));
    sum.loss += share * parts[0].loss;
    for (std::size_t i = 0; i < parts[0].gradient.size(); ++i) {
      const auto scaled = parts[0].gradient[i] * share;
      if (sum.tensors.size() == i)
        sum.tensors.push_back(scaled);
      else
        sum.tensors[i] += scaled;
    }
  }
  for (std::size_t k = 0; k < 2; ++k)
    alike(a[k].loss, a[k].gradient, sums[k].loss, sums[k].tensors);
}

TEST_CASE("terms of some samples each are not taken apart by groups") {
  Net net;
  const auto objective = domains();
  BatchProblem problem(net, *objective, {});
  problem.begin({random_batch(4, 3, 1, {0, 1, 1, 1})}, kHere, 1);
  CHECK_THROWS_WITH(problem.gradients(By::kGroup),
                    Catch::Contains("the term `left` is a mean over 1 of the step's 4 samples"));
}
