// The rules over terms against worked examples, against exact solutions, and,
// where they draw, against everything that they may draw.
#include <catch2/catch.hpp>

#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>

#include "tests/support/golden.h"
#include "tests/support/terms.h"

using namespace assay;
using namespace assay::testing;

namespace {

constexpr double kPrinted = 6e-9;  // of numbers with eight decimals

std::vector<double> scaled(double a, const std::vector<double>& x) {
  auto y = x;
  for (double& value : y) value *= a;
  return y;
}
std::vector<double> sum(const std::vector<double>& x, const std::vector<double>& y) {
  auto z = x;
  for (std::size_t i = 0; i < z.size(); ++i) z[i] += y[i];
  return z;
}
bool close(const std::vector<double>& x, const std::vector<double>& y) {
  return length(difference(x, y)) < 1e-12;
}

using Vectors = std::vector<std::vector<double>>;

// Of each term, at the problem's weights.
Vectors gradients_of(ClosedForm& problem) {
  Vectors all;
  for (const auto& part : problem.gradients(By::kTerm)) {
    all.emplace_back();
    for (const auto& tensor : part.gradient)
      all.back().insert(all.back().end(), tensor.data_ptr<double>(),
                        tensor.data_ptr<double>() + tensor.numel());
  }
  return all;
}

// Three terms: whether i takes the later one of the two others first, for i = 0, 1, 2.
using Orders = std::array<bool, 3>;
std::vector<Orders> all_orders() {
  std::vector<Orders> all;
  for (unsigned bits = 0; bits < 8; ++bits)
    all.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
  return all;
}
std::array<std::size_t, 2> others(std::size_t i, bool later_first) {
  const std::size_t a = i == 0 ? 1 : 0, b = i == 2 ? 1 : 2;
  return later_first ? std::array{b, a} : std::array{a, b};
}

// By the definitions, on vectors.
std::vector<double> pcgrad(const Vectors& g, const Orders& orders) {
  std::vector<double> total(g[0].size());
  for (std::size_t i = 0; i < 3; ++i) {
    auto x = g[i];
    for (const auto j : others(i, orders[i]))
      if (dot(x, g[j]) < 0) x = difference(x, scaled(dot(x, g[j]) / dot(g[j], g[j]), g[j]));
    total = sum(total, x);
  }
  return total;
}
std::vector<double> gradvac(const Vectors& g, const Orders& orders, double beta, Reals& rho_hat) {
  std::vector<double> total(g[0].size());
  for (std::size_t i = 0; i < 3; ++i) {
    auto x = g[i];
    for (const auto j : others(i, orders[i])) {
      const double cosine = dot(x, g[j]) / (length(x) * length(g[j]));
      double& target = rho_hat[3 * i + j];
      if (cosine < target)
        x = sum(x, scaled(length(x) *
                              (target * std::sqrt(1 - cosine * cosine) -
                               cosine * std::sqrt(1 - target * target)) /
                              (length(g[j]) * std::sqrt(1 - target * target)),
                          g[j]));
      target = (1 - beta) * target + beta * cosine;
    }
    total = sum(total, x);
  }
  return total;
}

}  // namespace

TEST_CASE("rules take the directions of the worked example") {
  check_close(direction("mgda", page()), {-0.92307692, 1.38461538}, kPrinted);
  check_close(direction("pcgrad", page()), {-1.92, 5.44});
  check_close(direction("gradvac", page()), {-1.92, 5.44});
  check_close(direction("cagrad", page(), {{"rescale", false}}), {-0.8, 2});
  check_close(direction("cagrad", page()), {-0.6896552, 1.7241379}, 6e-8);
  check_close(direction("cagrad", page(), {{"c", 0.5}, {"rescale", false}}), {-1, 2});
  check_close(direction("cagrad", page(), {{"c", 0.5}}), {-0.8, 1.6});
  check_close(direction("imtl_g", page()), {-0.75, 1.5});
  check_close(direction("nash_mtl", page(), {{"max_norm", 0.0}}), {-0.63245553, 1.26491106},
              kPrinted);
  check_close(direction("famo", page()), {0.3 * 3 - 0.7 * 3, 0.3 * 4});
  check_close(direction("weighted_sum", page(), {{"weights", Reals{0.5, 2}}}), {-4.5, 2});
}

TEST_CASE("the weights of the worked example are those that people are told") {
  const auto weights = [](const std::string& use, const Values& params = {}) {
    auto problem = page();
    make(use, params, kUnitStep)->step(problem);
    return std::vector<double>{problem.reported.at("weight/f0"), problem.reported.at("weight/f1")};
  };
  check_close(weights("mgda"), {0.34615385, 0.65384615}, kPrinted);
  check_close(weights("imtl_g"), {0.375, 0.625});
  check_close(weights("nash_mtl", {{"max_norm", 0.0}}), {0.31622777, 0.52704628}, kPrinted);
  check_close(weights("famo"), {0.3, 0.7});
  check_close(weights("uncertainty_weights"), {std::exp(0.5) / 2, std::exp(0.5) / 2});
  check_close(weights("pcgrad"), {1 + 9.0 / 25, 1 + 9.0 / 9});
  check_close(weights("dwa"), {1, 1});
  const auto drawn = weights("rlw");
  CHECK(drawn[0] + drawn[1] == Approx(1).epsilon(1e-14));
}

TEST_CASE("dwa weighs by the ratio of the last two losses, as in the worked example") {
  std::vector<double> losses{4, 1};
  std::vector<ClosedForm::Function> terms;
  for (std::size_t k = 0; k < 2; ++k)
    terms.emplace_back([&losses, k](const auto&, auto& g) { return g[k] = 1, losses[k]; });
  ClosedForm problem({{0, 0}}, terms);
  const auto dwa = make("dwa", {}, kUnitStep);
  check_close(after(*dwa, problem, 1), {-1, -1});
  losses = {3.5, 1.5};
  check_close(after(*dwa, problem, 1), {-2, -2});
  check_close(after(*dwa, problem, 1), {-2 - 0.84500927, -2 - 1.15499073}, kPrinted);
}

TEST_CASE("uncertainty weighting descends on the log variances as in the worked example") {
  auto problem = page();
  problem.factor = 0.5;
  const auto optimizer = make("uncertainty_weights", {{"lr", 0.1}}, kUnitStep);
  optimizer->step(problem);
  check_close(saved(*optimizer).scalar<Reals>("s"),
              {-0.5 + 0.05 * 2.38526222, -0.5 + 0.05 * 0.73654095}, kPrinted);
}

TEST_CASE("gradvac's target is half of the first cosine after a step, as in the worked example") {
  auto problem = page();
  const auto optimizer = make("gradvac", {}, kUnitStep);
  optimizer->step(problem);
  check_close(saved(*optimizer).scalar<Reals>("rho_hat"), {0, -0.3, -0.3, 0});
}

TEST_CASE("three terms go where the reference implementations go, to their accuracy") {
  const auto three = linear({{3, 4, 0}, {-3, 0, 1}, {0, -2, 2}});
  check_close(direction("imtl_g", three), {-0.0506, 0.5142, 1.0530}, 3e-3);
  check_close(direction("cagrad", three), {-0.1040, 0.4681, 1.2488}, 3e-3);
  // MGDA's reference stops early: its length is right to 3e-5, its direction to 1.2e-2.
  check_close(direction("mgda", three), {-0.0882, 0.3968, 1.0938}, 1.2e-2);
  CHECK(length(direction("mgda", three)) ==
        Approx(length({-0.0882, 0.3968, 1.0938})).epsilon(0).margin(1e-4));
}

TEST_CASE("directions are those of exact solutions, for two to five terms") {
  const auto& directions = golden("multitask", "terms").at("directions");
  CHECK(directions.size() == 40);
  for (const auto& one : directions) {
    INFO(one.at("use") << " " << one.at("params") << " " << one.at("gradients"));
    check_close(direction(one.at("use"), linear(one.at("gradients")), values_of(one.at("params"))),
                one.at("direction").get<std::vector<double>>());
  }
}

TEST_CASE("rules over terms follow exact trajectories to 1e-12") {
  const auto& cases = golden("multitask", "terms").at("cases");
  CHECK(cases.size() == 48);
  for (const auto& one : cases) {
    const auto params = values_of(one.at("params"));
    INFO(one.at("use") << " " << one.at("params"));
    CHECK(one.at("conflicts") > 0);
    const auto base = std::get<Spec>(params.at("base"));
    for (const auto& [steps, weights] : one.at("weights").items()) {
      auto problem = conflict(one.at("terms"));
      const auto optimizer = make(one.at("use"), params, base);
      for (int t = 0; t < std::stoi(steps); ++t) {
        if (one.contains("factors"))
          problem.factor = one.at("factors").at(static_cast<std::size_t>(t));
        problem.random = Rng(static_cast<std::uint64_t>(t));
        optimizer->step(problem);
      }
      check_close(problem.weights(), weights.get<std::vector<double>>());
    }
  }
}

TEST_CASE("rlw's weights are a softmax of normal numbers, other ones at each step") {
  auto problem = conflict();
  const auto optimizer = make("rlw", {}, kUnitStep);
  for (std::uint64_t t = 0; t < 5; ++t) {
    problem.random = Rng(t);
    const auto g = gradients_of(problem);
    const auto start = problem.weights();
    const auto x = at::randn({3}, Rng(t).fork("rlw").generator(), torch::kDouble);
    std::vector<double> expected(4);
    double total = 0;
    for (int k = 0; k < 3; ++k) total += std::exp(x[k].item<double>());
    for (int k = 0; k < 3; ++k)
      expected = sum(expected,
                     scaled(std::exp(x[k].item<double>()) / total, g[static_cast<std::size_t>(k)]));
    check_close(difference(start, after(*optimizer, problem, 1)), expected);
  }
}

TEST_CASE("pcgrad projects in an order that is drawn anew for each term and step") {
  const Vectors g{{3, 4, 0}, {-3, 0, 1}, {0, -2, 2}};
  std::map<Orders, int> seen;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    auto problem = linear(g);
    problem.random = Rng(seed);
    const auto found = direction("pcgrad", problem);
    int matches = 0;
    for (const auto& orders : all_orders())
      if (close(found, pcgrad(g, orders))) ++matches, ++seen[orders];
    REQUIRE(matches == 1);
  }
  CHECK(seen.size() == 8);
  for (const auto& [orders, count] : seen) CHECK(std::abs(count - 100) < 50);
}

TEST_CASE("gradvac turns each gradient in a drawn order, to targets that follow its cosines") {
  for (const double beta : {0.5, 0.1}) {
    auto problem = conflict();
    const auto optimizer = make("gradvac", {{"beta", beta}}, {"sgd", {{"lr", 0.1}}});
    Reals rho_hat(9);
    std::set<Orders> seen;
    for (std::uint64_t t = 0; t < 12; ++t) {
      problem.random = Rng(t);
      const auto g = gradients_of(problem);
      const auto start = problem.weights();
      const auto found = scaled(10, difference(start, after(*optimizer, problem, 1)));
      const auto state = saved(*optimizer).scalar<Reals>("rho_hat");
      bool matched = false;
      for (const auto& orders : all_orders()) {
        auto next = rho_hat;
        const bool alike = close(scaled(1e-2, found), scaled(1e-2, gradvac(g, orders, beta, next)));
        if (!alike || !close(next, state)) continue;
        matched = true;
        seen.insert(orders);
      }
      REQUIRE(matched);
      rho_hat = state;
    }
    CHECK(seen.size() > 1);
  }
}

TEST_CASE("graddrop keeps the positive or the negative gradients of each weight, by their shares") {
  for (const double leak : {0.0, 0.3}) {
    auto problem = conflict();
    const auto optimizer = make("graddrop", {{"leak", leak}}, {"sgd", {{"lr", 0.1}}});
    for (std::uint64_t t = 0; t < 5; ++t) {
      problem.random = Rng(t);
      const auto g = gradients_of(problem);
      const auto start = problem.weights();
      std::vector<double> expected(4);
      for (std::size_t i = 0; i < 4; ++i) {
        const auto tensor =
            at::rand({2}, Rng(t).fork("graddrop").fork(i / 2).generator(), torch::kDouble);
        const double u = tensor[static_cast<std::int64_t>(i % 2)].item<double>();
        double plain = 0, lengths = 0;
        for (const auto& x : g) plain += x[i], lengths += std::abs(x[i]);
        const double p = (1 + plain / lengths) / 2;
        for (const auto& x : g) {
          const bool keep = x[i] > 0 ? p > u : p < u;
          expected[i] += leak * x[i] + (1 - leak) * (keep ? x[i] : 0);
        }
      }
      check_close(scaled(10, difference(start, after(*optimizer, problem, 1))), expected);
    }
  }
}

TEST_CASE("graddrop's shares are those of the worked example, and its mean is the sum") {
  int up = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    auto problem = page();
    problem.random = Rng(seed);
    const auto d = direction("graddrop", problem);
    CHECK(d[1] == 4);  // P = 1
    CHECK(std::abs(d[0]) == 3);
    up += d[0] > 0 ? 1 : 0;
  }
  CHECK(std::abs(up - 500) < 60);  // P = 0.5
}
