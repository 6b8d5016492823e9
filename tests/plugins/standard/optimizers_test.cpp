// sgd, adamw and sam against trajectories of torch.optim and of the papers' equations, in float64.
#include <catch2/catch.hpp>

#include "tests/support/closed_form.h"
#include "tests/support/golden.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::after;
using assay::testing::ClosedForm;
using assay::testing::golden;
using assay::testing::plugins;
using assay::testing::values_of;

namespace {

// f(w) = sum_i a_i (w_i - b_i)^2 / 2 + c w_0 w_1, as in tests/python/golden_optimizers.py.
ClosedForm quadratic() {
  return ClosedForm({{0.5, -1.5}, {2.0}}, {[](const auto& w, auto& g) {
                      constexpr double a[] = {3, 1, 0.5}, b[] = {1, -2, 0.25}, c = 0.3;
                      double f = c * w[0] * w[1];
                      for (std::size_t i = 0; i < 3; ++i) {
                        f += a[i] * (w[i] - b[i]) * (w[i] - b[i]) / 2;
                        g[i] = a[i] * (w[i] - b[i]);
                      }
                      g[0] += c * w[1];
                      g[1] += c * w[0];
                      return f;
                    }});
}

}  // namespace

TEST_CASE("trajectories are those of torch.optim to 1e-12") {
  const auto& all = golden("standard", "optimizers");
  for (const auto& one : all) {
    INFO(one.at("use") << " " << one.at("params"));
    for (const auto& [steps, weights] : one.at("weights").items()) {
      auto problem = quadratic();
      const auto optimizer =
          plugins().make<Optimizer>({one.at("use"), values_of(one.at("params"))});
      const auto found = after(*optimizer, problem, std::stoi(steps));
      for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] == Approx(weights[i].get<double>()).epsilon(0).margin(1e-12));
    }
  }
}

TEST_CASE("the schedule's factor multiplies the step size") {
  for (const std::string use : {"sgd", "adamw", "sam"}) {
    auto halved = quadratic(), slow = quadratic();
    halved.factor = 0.5;
    const auto with = [&](double lr) {
      return use == "sam" ? Values{{"base", Spec{"sgd", {{"lr", lr}}}}} : Values{{"lr", lr}};
    };
    CHECK(after(*plugins().make<Optimizer>({use, with(0.1)}), halved, 3) ==
          after(*plugins().make<Optimizer>({use, with(0.05)}), slow, 3));
  }
}

TEST_CASE("sam with rho 0 is its base, bit for bit, at the cost of one gradient") {
  auto with = quadratic(), without = quadratic();
  const Values sgd{{"lr", 0.1}, {"momentum", 0.9}};
  const auto sam = plugins().make<Optimizer>({"sam", {{"rho", 0.0}, {"base", Spec{"sgd", sgd}}}});
  CHECK(after(*sam, with, 5) == after(*plugins().make<Optimizer>({"sgd", sgd}), without, 5));
  CHECK(with.backwards == without.backwards);
}

TEST_CASE("sam asks for two gradients a step, and reports the loss where it started") {
  auto problem = quadratic();
  const double here = quadratic().loss();
  CHECK(plugins().make<Optimizer>({"sam", {}})->step(problem) == here);
  CHECK(problem.backwards == 2);
}

TEST_CASE("sam takes terms and groups uphill too") {
  // Gradient descent on the sum of what it is given, by term or by group.
  class Parts final : public Optimizer {
   public:
    explicit Parts(bool terms) : terms_(terms) {}
    double step(Problem& problem) override {
      const auto part = terms_ ? problem.gradients(By::kTerm).at(0).gradient
                               : problem.gradients(By::kGroup).at(0).gradient;
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < problem.parameters().size(); ++i)
        problem.parameters()[i].sub_(part[i], 0.1);
      return problem.loss();
    }

   private:
    bool terms_;
  };
  Registry registry = plugins();
  for (const bool terms : {true, false})
    registry.insert({.kind = "optimizer",
                     .name = terms ? "by_term" : "by_group",
                     .doc = "A test's.",
                     .make = [terms](const Build&) {
                       return std::static_pointer_cast<Optimizer>(std::make_shared<Parts>(terms));
                     }});
  auto plain = quadratic();
  const auto expected =
      after(*plugins().make<Optimizer>({"sam", {{"base", Spec{"sgd", {{"lr", 0.1}}}}}}), plain, 3);
  for (const std::string base : {"by_term", "by_group"}) {
    auto problem = quadratic();
    const double here = problem.loss();
    const auto sam = registry.make<Optimizer>({"sam", {{"base", Spec{base, {}}}}});
    CHECK(sam->step(problem) == here);
    const auto found = after(*sam, problem, 2);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(found[i] == Approx(expected[i]).epsilon(0).margin(1e-14));
  }
}

TEST_CASE("a step that throws uphill leaves the weights it started from") {
  auto problem = quadratic();
  const auto start = problem.weights();
  problem.broken = 2;
  CHECK_THROWS_AS(plugins().make<Optimizer>({"sam", {}})->step(problem), Error);
  CHECK(problem.weights() == start);
}

TEST_CASE("nesterov without momentum is refused") {
  CHECK_THROWS_WITH(plugins().make<Optimizer>({"sgd", {{"nesterov", true}}}),
                    Catch::Contains("needs a `momentum` above 0"));
}
