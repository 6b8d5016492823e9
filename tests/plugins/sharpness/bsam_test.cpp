// bsam: what its noise, its ascent and its precision imply. Its numbers are in sharpness_test.cpp.
#include <catch2/catch.hpp>

#include "tests/support/descent.h"

using namespace assay;
using assay::testing::after;
using assay::testing::bowl;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::difference;
using assay::testing::length;
using assay::testing::make;
using assay::testing::plugins;
using assay::testing::Visits;

namespace {

// What is added to 20,000 weights, in two tensors, for the first gradient of a step; make() says
// N = 100.
std::vector<double> noise(const Values& params, std::uint64_t seed = 1) {
  Visits visits;
  const std::vector<double> half(10000, 0.5);
  ClosedForm flat({half, half}, {[&](const auto& w, auto&) {
                    visits.push_back(w);
                    return 0.0;
                  }});
  flat.random = Rng(seed);
  make("bsam", params)->step(flat);
  REQUIRE(visits.size() == 3);  // the draw, the loss at w, uphill
  CHECK(visits[1] == std::vector<double>(20000, 0.5));
  return difference(visits[0], visits[1]);
}

double deviation(const std::vector<double>& x) {
  return length(x) / std::sqrt(static_cast<double>(x.size()));
}

}  // namespace

TEST_CASE("bsam draws weights with the deviation noise / sqrt(N s)") {
  const auto drawn = noise({{"s_init", 4.0}});
  CHECK(deviation(drawn) == Approx(1 / std::sqrt(100 * 4.0)).epsilon(0.02));
  CHECK(deviation(noise({{"noise", 3.0}})) == Approx(3 / std::sqrt(100 * 1.0)).epsilon(0.02));
  double sum = 0, fourth = 0;
  for (const double x : drawn) sum += x, fourth += x * x * x * x;
  CHECK(std::abs(sum / 20000) < 4 * deviation(drawn) / std::sqrt(20000));
  CHECK(fourth / 20000 == Approx(3 * std::pow(deviation(drawn), 4)).epsilon(0.1));  // a Gaussian's
  CHECK(drawn[0] != drawn[10000]);
  CHECK(drawn == noise({{"s_init", 4.0}}));
  CHECK(drawn != noise({{"s_init", 4.0}}, 2));
}

TEST_CASE("bsam climbs from the mean weights, by rho g / s of the gradient at the draw") {
  Visits visits;
  auto problem = bowl(visits);
  make("bsam", {{"rho", 0.2}, {"s_init", 4.0}})->step(problem);
  REQUIRE(visits.size() == 3);
  const auto e = difference(visits[2], {1, 2});
  check_close(e, {0.2 * visits[0][0] / 4, 0.2 * 10 * visits[0][1] / 4});
  CHECK(length(difference(visits[0], {1, 2})) > 1e-3);
}

TEST_CASE("bsam asks for two gradients a step, and returns the loss at the mean weights") {
  for (const double noise : {0.0, 1.0}) {
    Visits visits;
    auto problem = bowl(visits);
    CHECK(make("bsam", {{"noise", noise}})->step(problem) == 20.5);
    CHECK(problem.forwards == (noise > 0 ? 3 : 2));
    CHECK(problem.backwards == 2);
  }
}

TEST_CASE("bsam clips the gradient that moves the weights, and not the one it climbs along") {
  // Zero noise, rho .05: gs = (1.05, 30); m = 0.1 of it, cut to the length 2; the step is 0.5 m.
  Visits visits;
  auto problem = bowl(visits);
  problem.clip = 2;
  const Values params{{"rho", 0.05}, {"weight_decay", 0.0}, {"noise", 0.0}};
  const auto w = after(*make("bsam", params), problem, 1);
  const double n = std::sqrt(1.05 * 1.05 + 30 * 30);
  check_close(w, {1 - 0.05 * 2 * 1.05 / n, 2 - 0.05 * 2 * 30 / n});
  check_close(visits[1], {1.05, 3});
}

TEST_CASE("the schedule's factor multiplies bsam's step size alone") {
  Visits visits;
  auto halved = bowl(visits), slow = bowl(visits);
  halved.factor = 0.5;
  check_close(after(*make("bsam", {{"lr", 0.2}}), halved, 5),
              after(*make("bsam", {{"lr", 0.1}}), slow, 5));
}

TEST_CASE("bsam asks for the number of training samples") {
  const Info nothing;
  CHECK_THROWS_WITH(plugins().make<Optimizer>({"bsam", {}}, &nothing),
                    Catch::Contains("number of training samples"));
  CHECK_THROWS_WITH(plugins().make<Optimizer>({"bsam", {}}), Catch::Contains("needs a dataset"));
}

TEST_CASE("bsam refuses a precision that could fall to 0") {
  CHECK_THROWS_WITH(make("bsam", {{"damping", 0.0}, {"weight_decay", 0.0}}),
                    Catch::Contains("are both 0"));
  CHECK_NOTHROW(make("bsam", {{"damping", 0.0}}));
}
