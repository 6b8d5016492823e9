// Langevin samplers recover mean and covariance of a Gaussian.
#include <catch2/catch.hpp>

#include <cmath>

#include "tests/support/closed_form.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

constexpr double kA[] = {1, 4}, kCoupling = 0.8, kCentre[] = {0.7, -0.4};

// N times the loss, with N = 10, is (w - c)^T A (w - c) / 2, A = [[1, .8], [.8, 4]].
ClosedForm gaussian() {
  return ClosedForm({{0, 0}}, {[](const auto& w, auto& g) {
                      const double x = w[0] - kCentre[0], y = w[1] - kCentre[1];
                      g[0] += (kA[0] * x + kCoupling * y) / 10;
                      g[1] += (kCoupling * x + kA[1] * y) / 10;
                      return (kA[0] * x * x + 2 * kCoupling * x * y + kA[1] * y * y) / 20;
                    }});
}

struct Moments {
  double mean[2] = {0, 0}, square[2] = {0, 0}, product = 0;
};

// Over the steps after the burn-in.
Moments sample(const std::string& use, const Values& params, std::int64_t steps) {
  const Info info{.group_sizes = {10}};
  auto problem = gaussian();
  const auto optimizer = plugins().make<Optimizer>({use, params}, &info);
  Moments found;
  const std::int64_t burn_in = steps / 20;
  for (std::int64_t k = 0; k < steps; ++k) {
    problem.random = Rng(7).fork(static_cast<std::uint64_t>(k));
    optimizer->step(problem);
    if (k < burn_in) continue;
    const auto w = problem.weights();
    const double share = 1 / static_cast<double>(steps - burn_in);
    for (int i = 0; i < 2; ++i) {
      found.mean[i] += share * w[static_cast<std::size_t>(i)];
      const double d = w[static_cast<std::size_t>(i)] - kCentre[i];
      found.square[i] += share * d * d;
    }
    found.product += share * (w[0] - kCentre[0]) * (w[1] - kCentre[1]);
  }
  return found;
}

}  // namespace

TEST_CASE("sgld and sghmc sample a Gaussian with its mean and covariance") {
  const double determinant = kA[0] * kA[1] - kCoupling * kCoupling;
  const double variance[] = {kA[1] / determinant, kA[0] / determinant};
  const Values wide{{"prior_deviation", 1e6}};
  for (const std::string use : {"sgld", "sghmc"}) {
    INFO(use);
    auto params = wide;
    params["lr"] =
        use == "sgld" ? 0.05 : 0.005;  // the error of the discretization is of this order
    const auto found = sample(use, params, 200000);
    for (int i = 0; i < 2; ++i) {
      CHECK(found.mean[i] == Approx(kCentre[i]).margin(0.05));
      CHECK(found.square[i] == Approx(variance[i]).epsilon(0.06));
    }
    CHECK(found.product == Approx(-kCoupling / determinant).epsilon(0.1));
  }
}

TEST_CASE("a temperature multiplies the covariance") {
  const double determinant = kA[0] * kA[1] - kCoupling * kCoupling;
  for (const std::string use : {"sgld", "sghmc"}) {
    const Values params{
        {"prior_deviation", 1e6}, {"temperature", 0.25}, {"lr", use == "sgld" ? 0.05 : 0.005}};
    CHECK(sample(use, params, 100000).square[0] ==
          Approx(0.25 * kA[1] / determinant).epsilon(0.08));
  }
}

TEST_CASE("the prior of a sampler counts as a Gaussian of its deviation") {
  // With A x = c' the posterior of a prior N(0, s^2) has the precision A + 1 / s^2.
  auto params = Values{{"prior_deviation", 0.5}, {"lr", 0.02}};
  for (const std::string use : {"sgld", "sghmc"}) {
    params["lr"] = use == "sgld" ? 0.02 : 0.005;
    const auto found = sample(use, params, 100000);
    const double a = kA[0] + 4, b = kA[1] + 4, determinant = a * b - kCoupling * kCoupling;
    const double x = kA[0] * kCentre[0] + kCoupling * kCentre[1],
                 y = kCoupling * kCentre[0] + kA[1] * kCentre[1];
    CHECK(found.mean[0] == Approx((b * x - kCoupling * y) / determinant).margin(0.02));
    CHECK(found.mean[1] == Approx((a * y - kCoupling * x) / determinant).margin(0.02));
  }
}

TEST_CASE("sgld steps by half of its step size, and its noise is the root of it") {
  const Info info{.group_sizes = {10}};
  auto cold = gaussian(), hot = gaussian();
  plugins()
      .make<Optimizer>({"sgld", {{"lr", 0.1}, {"temperature", 0.0}, {"prior_deviation", 1e9}}},
                       &info)
      ->step(cold);
  const double g0 = -(kA[0] * kCentre[0] + kCoupling * kCentre[1]),
               g1 = -(kCoupling * kCentre[0] + kA[1] * kCentre[1]);
  check_close(cold.weights(), {-0.05 * g0, -0.05 * g1});
  const std::vector<double> start(20000, 0.0);
  ClosedForm wide({start}, {[](const auto&, auto&) { return 0.0; }});
  plugins().make<Optimizer>({"sgld", {{"lr", 0.1}, {"prior_deviation", 1e9}}}, &info)->step(wide);
  double squares = 0;
  for (const double w : wide.weights()) squares += w * w;
  CHECK(squares / 20000 == Approx(0.1).epsilon(0.04));
}

TEST_CASE("added_noise has the published deviation, after the step of its base") {
  const std::vector<double> start(20000, 0.0);
  ClosedForm flat({start}, {[](const auto&, auto&) { return 0.0; }});
  const auto noisy = plugins().make<Optimizer>(
      {"added_noise", {{"a", 2.0}, {"b", 10.0}, {"power", 0.9}, {"base", Spec{"sgd", {}}}}});
  std::vector<double> before = start;
  for (int t = 0; t < 3; ++t) {
    flat.random = Rng(static_cast<std::uint64_t>(t));
    noisy->step(flat);
    double squares = 0;
    const auto now = flat.weights();
    for (std::size_t i = 0; i < now.size(); ++i)
      squares += (now[i] - before[i]) * (now[i] - before[i]);
    CHECK(std::sqrt(squares / 20000) == Approx(2 / std::pow(10 + t, 0.9)).epsilon(0.02));
    before = now;
  }
}
