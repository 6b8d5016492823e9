// sgd, adamw and sam against trajectories of torch.optim and of the papers' equations, in float64.
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::plugins;

namespace {

// f(w) = sum_i a_i (w_i - b_i)^2 / 2 + c w_0 w_1, as in tests/python/golden_optimizers.py.
class Quadratic final : public Problem {
 public:
  Quadratic()
      : parameters_{torch::tensor({0.5, -1.5}, torch::kDouble),
                    torch::tensor({2.0}, torch::kDouble)} {}
  const Tensors& parameters() const override { return parameters_; }
  const std::vector<std::string>& terms() const override { return terms_; }
  double learning_rate_factor() const override { return factor; }
  double loss() override { return gradient().loss; }
  Gradient gradient() override {
    ++gradients;
    if (gradients == broken) throw Error(ErrorKind::kNumeric, "the loss is nan");
    const auto w = weights();
    constexpr double a[] = {3, 1, 0.5}, b[] = {1, -2, 0.25}, c = 0.3;
    double f = c * w[0] * w[1];
    for (int i = 0; i < 3; ++i) f += a[i] * (w[i] - b[i]) * (w[i] - b[i]) / 2;
    return {f,
            {torch::tensor({a[0] * (w[0] - b[0]) + c * w[1], a[1] * (w[1] - b[1]) + c * w[0]},
                           torch::kDouble),
             torch::tensor({a[2] * (w[2] - b[2])}, torch::kDouble)}};
  }
  std::vector<Gradient> gradient_per_term() override { return {gradient()}; }
  std::vector<Gradient> gradient_per_group() override { return {gradient()}; }

  std::vector<double> weights() const {
    const auto all = at::cat(parameters_);
    return {all.data_ptr<double>(), all.data_ptr<double>() + all.numel()};
  }

  double factor = 1;
  int gradients = 0, broken = 0;

 private:
  Tensors parameters_;
  std::vector<std::string> terms_{"quadratic"};
};

Values values_of(const nlohmann::json& params) {
  Values values;
  for (const auto& [name, value] : params.items()) {
    if (value.is_boolean())
      values[name] = value.get<bool>();
    else if (value.is_number())
      values[name] = value.get<double>();
    else {
      auto inner = value;
      inner.erase("use");
      values[name] = Spec{value.at("use"), values_of(inner)};
    }
  }
  return values;
}

std::vector<double> after(Optimizer& optimizer, Quadratic& problem, int steps) {
  for (int k = 0; k < steps; ++k) optimizer.step(problem);
  return problem.weights();
}

}  // namespace

TEST_CASE("trajectories are those of torch.optim to 1e-12") {
  std::ifstream file(std::string(std::getenv("ASSAY_SOURCE")) +
                     "/tests/plugins/golden_optimizers.json");
  for (const auto& golden : nlohmann::json::parse(file)) {
    INFO(golden.at("use") << " " << golden.at("params"));
    for (const auto& [steps, weights] : golden.at("weights").items()) {
      Quadratic problem;
      const auto optimizer =
          plugins().make<Optimizer>({golden.at("use"), values_of(golden.at("params"))});
      const auto found = after(*optimizer, problem, std::stoi(steps));
      for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] == Approx(weights[i].get<double>()).epsilon(0).margin(1e-12));
    }
  }
}

TEST_CASE("the schedule's factor multiplies the step size") {
  for (const std::string use : {"sgd", "adamw", "sam"}) {
    Quadratic halved, slow;
    halved.factor = 0.5;
    const auto with = [&](double lr) {
      return use == "sam" ? Values{{"base", Spec{"sgd", {{"lr", lr}}}}} : Values{{"lr", lr}};
    };
    CHECK(after(*plugins().make<Optimizer>({use, with(0.1)}), halved, 3) ==
          after(*plugins().make<Optimizer>({use, with(0.05)}), slow, 3));
  }
}

TEST_CASE("sam with rho 0 is its base, bit for bit, at the cost of one gradient") {
  Quadratic with, without;
  const Values sgd{{"lr", 0.1}, {"momentum", 0.9}};
  const auto sam = plugins().make<Optimizer>({"sam", {{"rho", 0.0}, {"base", Spec{"sgd", sgd}}}});
  CHECK(after(*sam, with, 5) == after(*plugins().make<Optimizer>({"sgd", sgd}), without, 5));
  CHECK(with.gradients == without.gradients);
}

TEST_CASE("sam asks for two gradients a step, and reports the loss where it started") {
  Quadratic problem;
  const double here = Quadratic().loss();
  CHECK(plugins().make<Optimizer>({"sam", {}})->step(problem) == here);
  CHECK(problem.gradients == 2);
}

TEST_CASE("sam takes terms and groups uphill too") {
  // Gradient descent on the sum of what it is given, by term or by group.
  class Parts final : public Optimizer {
   public:
    explicit Parts(bool terms) : terms_(terms) {}
    double step(Problem& problem) override {
      const auto parts = terms_ ? problem.gradient_per_term() : problem.gradient_per_group();
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < problem.parameters().size(); ++i)
        problem.parameters()[i].sub_(parts.at(0).of[i], 0.1);
      return parts.at(0).loss;
    }

   private:
    bool terms_;
  };
  Registry registry = plugins();
  for (const bool terms : {true, false})
    registry.insert(
        {"optimizer", terms ? "by_term" : "by_group", "A test's.", {}, {}, [terms](const Build&) {
           return std::static_pointer_cast<Optimizer>(std::make_shared<Parts>(terms));
         }});
  Quadratic plain;
  const auto expected =
      after(*plugins().make<Optimizer>({"sam", {{"base", Spec{"sgd", {{"lr", 0.1}}}}}}), plain, 3);
  for (const std::string base : {"by_term", "by_group"}) {
    Quadratic problem;
    const double here = problem.loss();
    const auto sam = registry.make<Optimizer>({"sam", {{"base", Spec{base, {}}}}});
    CHECK(sam->step(problem) == here);
    const auto found = after(*sam, problem, 2);
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(found[i] == Approx(expected[i]).epsilon(0).margin(1e-14));
  }
}

TEST_CASE("a step that throws uphill leaves the weights it started from") {
  Quadratic problem;
  const auto start = problem.weights();
  problem.broken = 2;
  CHECK_THROWS_AS(plugins().make<Optimizer>({"sam", {}})->step(problem), Error);
  CHECK(problem.weights() == start);
}

TEST_CASE("nesterov without momentum is refused") {
  CHECK_THROWS_WITH(plugins().make<Optimizer>({"sgd", {{"nesterov", true}}}),
                    Catch::Contains("needs a `momentum` above 0"));
}
