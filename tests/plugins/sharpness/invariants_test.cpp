// What the definitions of the optimizers around sam imply, whatever the numbers.
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
using assay::testing::Visits;

namespace {

constexpr double kClose = 1e-11;  // 1e-12 is added to the length of a gradient

// Where the last two passes of a step were, apart.
std::vector<double> ascent(const Visits& visits) {
  return difference(visits.back(), visits[visits.size() - 2]);
}

}  // namespace

TEST_CASE("each ascent has the length of its own norm") {
  const double rho = 0.3, eta = 0.2;
  for (const std::string use : {"sam", "friendly_sam", "gsam"}) {
    INFO(use);
    Visits visits;
    auto problem = bowl(visits);
    const auto optimizer = make(use, {{"rho", rho}});
    for (int t = 0; t < 4; ++t) {
      optimizer->step(problem);
      CHECK(length(ascent(visits)) == Approx(rho).epsilon(kClose));
    }
  }
  for (int t = 1; t < 4; ++t) {
    Visits adaptive, fisher;
    auto one = bowl(adaptive), other = bowl(fisher);
    after(*make("asam", {{"rho", rho}, {"eta", eta}}), one, t);
    after(*make("fisher_sam", {{"rho", rho}, {"eta", eta}}), other, t);
    const auto a = ascent(adaptive), f = ascent(fisher);
    const auto& w = adaptive[adaptive.size() - 2];
    const auto& at = fisher[fisher.size() - 2];
    CHECK(length({a[0] / (std::abs(w[0]) + eta), a[1] / (std::abs(w[1]) + eta)}) ==
          Approx(rho).epsilon(kClose));
    const double g[] = {at[0], 10 * at[1]};
    CHECK(length({f[0] * std::sqrt(1 + eta * g[0] * g[0]),
                  f[1] * std::sqrt(1 + eta * g[1] * g[1])}) == Approx(rho).epsilon(kClose));
  }
}

TEST_CASE("asam's ascent goes along with a rescaling of layers, and sam's does not") {
  const auto ascent_of = [](const std::string& use, double w0, double w1) {
    Visits visits;
    ClosedForm product({{w0}, {w1}}, {[&](const auto& w, auto& g) {
                         visits.push_back(w);
                         const double p = w[0] * w[1] - 1;
                         g[0] = p * w[1], g[1] = p * w[0];
                         return p * p / 2;
                       }});
    const Values asam{{"rho", 0.3}, {"eta", 0.0}}, sam{{"rho", 0.3}};
    make(use, use == "asam" ? asam : sam)->step(product);
    return ascent(visits);
  };
  const double c = 3;
  const auto e = ascent_of("asam", 1.5, -0.4), scaled = ascent_of("asam", 1.5 * c, -0.4 / c);
  check_close({scaled[0] / c, scaled[1] * c}, e);
  const auto plain = ascent_of("sam", 1.5, -0.4), other = ascent_of("sam", 1.5 * c, -0.4 / c);
  CHECK(std::abs(other[0] / c - plain[0]) > 0.01);
}

TEST_CASE("sam's controls go downhill, anywhere, or as far as the gradient is long") {
  const auto e = [](Values params, std::uint64_t seed = 1) {
    Visits visits;
    auto problem = bowl(visits);
    problem.random = Rng(seed);
    params["rho"] = 0.3;
    make("sam", params)->step(problem);
    return ascent(visits);
  };
  const std::string random = "random", descent = "descent";
  const auto up = e({}), down = e({{"direction", descent}}), any = e({{"direction", random}});
  check_close(down, {-up[0], -up[1]});
  CHECK(length(any) == Approx(0.3).epsilon(kClose));
  CHECK(std::abs(any[0] - up[0]) > 1e-3);
  CHECK(any == e({{"direction", random}}));
  CHECK(std::abs(any[0] - e({{"direction", random}}, 2)[0]) > 1e-3);
  check_close(e({{"normalise", false}}), {0.3 * 1, 0.3 * 20});
}

TEST_CASE("sam perturbs only the parameters that are named, by the whole radius") {
  Visits visits;
  const auto product = [&] {
    return ClosedForm({{1.5}, {-0.4}}, {[&](const auto& w, auto& g) {
                        visits.push_back(w);
                        g[0] = w[1], g[1] = w[0];
                        return w[0] * w[1];
                      }});
  };
  for (const std::string direction : {"gradient", "random"}) {
    auto problem = product();
    const auto sam = make("sam", {{"rho", 0.3}, {"direction", direction}, {"only", Strings{"*1"}}});
    sam->check(problem);
    sam->step(problem);
    CHECK(ascent(visits)[0] == 0);
    CHECK(std::abs(ascent(visits)[1]) == Approx(0.3).epsilon(kClose));
  }
  auto problem = product();
  CHECK_THROWS_WITH(make("sam", {{"only", Strings{"encoder.*"}}})->check(problem),
                    Catch::Contains("encoder.*"));
}
