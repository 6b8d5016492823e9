// pga against a worked example, and against what its definition implies.
#include <catch2/catch.hpp>

#include "tests/support/closed_form.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::after;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::plugins;

namespace {

// Shared p = (w0, w1), the sources' own w2 (and w3), the target's own the last.
ClosedForm::Function source(std::size_t own) {
  return [own](const auto& w, auto& g) {
    const double s = w[own];
    g[0] = 3 * w[0] + s, g[1] = 4 * w[1], g[own] = w[0] + s;
    return (3 * w[0] * w[0] + 4 * w[1] * w[1]) / 2 + w[0] * s + s * s / 2;
  };
}
double second(const std::vector<double>& w, std::vector<double>& g) {
  g[1] = 5 * w[1] + w[3], g[3] = w[1] + w[3];
  return 5 * w[1] * w[1] / 2 + w[1] * w[3] + w[3] * w[3] / 2;
}
ClosedForm::Function target(std::size_t own) {
  return [own](const auto& w, auto& g) {
    const double t = w[own];
    g[0] = 3 * (w[0] - 2), g[1] = w[1] - 1 + t, g[own] = w[1] + t;
    return (3 * (w[0] - 2) * (w[0] - 2) + (w[1] - 1) * (w[1] - 1)) / 2 + w[1] * t + t * t / 2;
  };
}

ClosedForm single() {
  return ClosedForm({{1, 1}, {0}, {0}}, {source(2), target(3)}, {"source", "target"},
                    {ClosedForm::kShared, 0, 1});
}
ClosedForm multiple() {
  return ClosedForm({{1, 1}, {0}, {0}, {0}}, {source(2), second, target(4)}, {"one", "two", "aim"},
                    {ClosedForm::kShared, 0, 1, 2});
}

std::shared_ptr<Optimizer> pga(double rho_gn, double rho_ga, double tradeoff,
                               const std::string& aim = "") {
  return plugins().make<Optimizer>({"pga",
                                    {{"rho_gn", rho_gn},
                                     {"rho_ga", rho_ga},
                                     {"tradeoff", tradeoff},
                                     {"target", aim},
                                     {"base", Spec{"sgd", {{"lr", 0.1}}}}}});
}

}  // namespace

TEST_CASE("pga takes the steps of the worked example, with one source and with two") {
  auto problem = single();
  const auto optimizer = pga(0.1, 0.5, 0.5);
  check_close(after(*optimizer, problem, 1), {1.181, 0.7873333333, -0.126, -0.0966666667}, 1e-10);
  CHECK(problem.reported.at("cosine/source") == Approx(-0.6).epsilon(1e-12));
  check_close(after(*optimizer, problem, 2), {1.37889288, 0.55958941, -0.39239770, -0.20389216},
              5e-9);
  auto two = multiple();
  check_close(after(*pga(0.1, 0.5, 0.5), two, 1), {1.181, 0.524, -0.126, -0.12, -0.08});
}

TEST_CASE("pga without both of its weights is the weighted sum, bit for bit, at its cost") {
  auto problem = single();
  CHECK(after(*pga(0, 0, 0.5), problem, 1) == std::vector<double>{1.15, 0.8, -0.1, -0.1});
  CHECK(problem.forwards == 1);
  CHECK(problem.backwards == 2);
}

TEST_CASE("pga takes two passes a term, and no more") {
  auto problem = multiple();
  pga(0.1, 0.5, 0.5)->step(problem);
  CHECK(problem.forwards == 1 + 3);  // the first stage in one forward
  CHECK(problem.backwards == 3 + 3);
}

TEST_CASE("pga without alignment is sam on each term, where all parameters are shared") {
  const auto pair = [](bool one, bool both) {
    std::vector<ClosedForm::Function> functions;
    if (one || both) functions.push_back(source(2));
    if (!one || both) functions.push_back(target(3));
    return ClosedForm({{1, 1, 0.3, -0.2}}, functions);
  };
  auto aligned = pair(true, true);
  const auto found = after(*pga(0.1, 0, 1), aligned, 1);
  std::vector<double> expected{1, 1, 0.3, -0.2};
  for (const bool one : {true, false}) {
    auto alone = pair(one, false);
    const auto sam =
        plugins().make<Optimizer>({"sam", {{"rho", 0.1}, {"base", Spec{"sgd", {{"lr", 0.1}}}}}});
    const auto w = after(*sam, alone, 1);
    const double start[] = {1, 1, 0.3, -0.2};
    for (std::size_t i = 0; i < 4; ++i) expected[i] += w[i] - start[i];
  }
  check_close(found, expected);
}

TEST_CASE("a source that is absent takes no part: multi-source pga is then pga with one source") {
  auto lacking = ClosedForm({{1, 1}, {0}, {0}, {0}}, {source(2), second, target(4)},
                            {"one", "two", "aim"}, {ClosedForm::kShared, 0, 1, 2});
  lacking.absent[1] = true;
  auto problem = single();
  const auto w = after(*pga(0.1, 0.5, 0.5), lacking, 3);
  const auto expected = after(*pga(0.1, 0.5, 0.5), problem, 3);
  CHECK(std::vector<double>{w[0], w[1], w[2], w[4]} == expected);
  CHECK(w[3] == 0);  // nobody else's gradient reaches a source's own parameters
  // A target without a confident sample leaves the sources alone, and nothing is NaN.
  auto aimless = single();
  aimless.absent[1] = true;
  for (const double x : after(*pga(0.1, 0.5, 0.5), aimless, 3)) CHECK(std::isfinite(x));
}

TEST_CASE("to first order pga descends on norms and cosines, with their lengths held constant") {
  // H_T (a ghat_T - b g_S / (|g_S| |g_T|)) with H_T = diag(3, 1) on p, at g_S = (3, 4), g_T = (-3,
  // 0)
  const double a = 0.7, b = 0.4;
  double error[2];
  for (int k = 0; k < 2; ++k) {
    const double eps = k == 0 ? 1e-3 : 1e-4;
    auto problem = single();
    const auto w = after(*pga(eps * a, eps * b, 0), problem, 1);
    const double found[] = {((1 - w[0]) / 0.1 + 3) / eps, (1 - w[1]) / 0.1 / eps};
    const double expected[] = {3 * (-a - b * 3 / 15.0), a * 1.0 - b * 4 / 15.0};
    // d L_T / d p1 also holds t', which the penalty on t moves by eps a: 1 * a.
    error[k] = std::abs(found[0] - expected[0]) + std::abs(found[1] - expected[1]);
  }
  CHECK(error[0] < 1e-8);
  CHECK(error[1] < 1e-8);
}

TEST_CASE(
    "scaling the losses leaves the penalty alone, and pga's alignment as its definition has it") {
  const auto scaled = [](const ClosedForm::Function& f) {
    return [f](const auto& w, auto& g) {
      const double value = 1024 * f(w, g);
      for (auto& x : g) x *= 1024;
      return value;
    };
  };
  ClosedForm large({{1, 1}, {0}, {0}}, {scaled(source(2)), scaled(target(3))}, {},
                   {ClosedForm::kShared, 0, 1});
  auto problem = single();
  const auto optimizer = plugins().make<Optimizer>(
      {"pga", {{"rho_gn", 0.1}, {"rho_ga", 0.0}, {"base", Spec{"sgd", {{"lr", 0.1 / 1024}}}}}});
  check_close(after(*optimizer, large, 1), after(*pga(0.1, 0, 0.5), problem, 1));
}

TEST_CASE("pga leaves the weights as they were when a second pass throws, at any of them") {
  for (const int broken : {2, 3}) {
    auto problem = single();
    problem.broken = broken;
    const auto before = problem.weights();
    CHECK_THROWS_AS(pga(0.1, 0.5, 0.5)->step(problem), Error);
    CHECK(problem.weights() == before);
  }
}

TEST_CASE("pga asks for two terms, and for a target among them") {
  auto problem = single();
  CHECK_NOTHROW(pga(0.1, 0.5, 0.5, "source")->check(problem));
  CHECK_THROWS_WITH(
      pga(0.1, 0.5, 0.5, "aim")->check(problem),
      Catch::Contains("`target` is aim, but the terms of the loss are source, target"));
  ClosedForm one({{1, 1, 0}}, {source(2)}, {"source"});
  CHECK_THROWS_WITH(pga(0.1, 0.5, 0.5)->check(one),
                    Catch::Contains("the loss has only one: source"));
}
