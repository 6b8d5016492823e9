// What the definitions of the rules over terms imply for their directions, whatever the numbers.
#include <catch2/catch.hpp>

#include "tests/plugins/multitask/terms_cases.h"

using namespace assay;
using namespace assay::testing;

TEST_CASE("mgda's direction is the shortest of the hull, by its certificate") {
  for (const auto& g : hard_cases()) {
    const auto w = shortest_in_hull(gram_of(g));
    std::vector<double> d(g.front().size());
    double total = 0;
    for (std::size_t k = 0; k < g.size(); ++k) {
      CHECK(w[k] >= 0);
      total += w[k];
      for (std::size_t i = 0; i < d.size(); ++i) d[i] += w[k] * g[k][i];
    }
    CHECK(total == Approx(1).epsilon(1e-13));
    double lengths = 0;
    for (std::size_t k = 0; k < g.size(); ++k) lengths += w[k] * length(g[k]);
    for (std::size_t k = 0; k < g.size(); ++k) {
      INFO(g.size() << " terms, " << k);
      const double slack = dot(d, g[k]) - dot(d, d),
                   rounding = 1e-13 * lengths * (length(g[k]) + lengths);
      CHECK(slack >= -rounding);
      if (w[k] > 0) CHECK(slack <= rounding);
    }
    check_close(direction("mgda", linear(g)), d, 1e-13 * longest(g));
  }
}

TEST_CASE("two terms have mgda's closed form, clipped to the ends") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto g = random_vectors(seed, 2, 3, 0.8);
    const auto apart = difference(g[0], g[1]);
    const double w = std::clamp(-dot(apart, g[1]) / dot(apart, apart), 0.0, 1.0);
    check_close(shortest_in_hull(gram_of(g)), {w, 1 - w}, 1e-13);
  }
}

TEST_CASE("mgda's scales decide on the weights, which are those of the scaled gradients") {
  const auto g = random_vectors(3, 4, 6);
  const std::vector<double> losses{0.5, 2, 3, 0.25};
  for (const std::string normalise : {"l2", "loss", "loss+"}) {
    auto scaled = g;
    for (std::size_t k = 0; k < 4; ++k) {
      const double by =
          (normalise == "l2" ? 1 : losses[k]) * (normalise == "loss" ? 1 : length(g[k]));
      for (double& x : scaled[k]) x /= by;
    }
    const auto w = shortest_in_hull(gram_of(scaled));
    std::vector<double> d(6);
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t i = 0; i < 6; ++i) d[i] += w[k] * g[k][i];
    check_close(direction("mgda", linear(g, losses), {{"normalise", normalise}}), d);
  }
}

TEST_CASE("pcgrad is the sum where nothing conflicts, and otherwise hurts neither of two terms") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto g = random_vectors(seed, 2, 3);
    const auto d = direction("pcgrad", linear(g));
    const double product = dot(g[0], g[1]);
    for (std::size_t i = 0; i < 2; ++i) {
      // <d, g_i> = <g_i^PC, g_i> + <g_j^PC, g_i>, and the last is 0 where they conflict.
      const double others = dot(g[1 - i], g[1 - i]);
      const double expected =
          product < 0 ? dot(g[i], g[i]) - product * product / others : dot(g[i], g[i]) + product;
      CHECK(dot(d, g[i]) == Approx(expected).epsilon(1e-12).margin(1e-13));
      CHECK(dot(d, g[i]) >= -1e-13);
    }
    auto agreeing = random_vectors(seed, 4, 3);
    for (auto& x : agreeing)
      for (double& value : x) value = std::abs(value);
    std::vector<double> sum(3);
    for (const auto& x : agreeing)
      for (std::size_t i = 0; i < 3; ++i) sum[i] += x[i];
    check_close(direction("pcgrad", linear(agreeing)), sum, 1e-14);
  }
}

TEST_CASE("gradvac without memory is pcgrad, and raises the cosine of two terms to its target") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto two = linear(random_vectors(seed, 2, 3));
    check_close(direction("gradvac", two), direction("pcgrad", two), 1e-13);
  }
  // Histories of equal gradients drive the target to 1, where turning would take infinitely much.
  auto problem = linear({{1, 0}, {1, 0}});
  const auto optimizer = make("gradvac", {}, kUnitStep);
  after(*optimizer, problem, 80);
  CHECK(saved(*optimizer).scalar<Reals>("rho_hat")[1] == Approx(1));
  auto apart = linear({{1, 0}, {0, 1}});
  for (const double x : after(*optimizer, apart, 1)) CHECK(std::isfinite(x));
}

TEST_CASE("cagrad stays within its ball, and serves the worst-off term best, by duality") {
  for (const auto& g : hard_cases())
    for (const double c : {0.1, 0.4, 0.9}) {
      INFO(g.size() << " terms, c = " << c);
      auto problem = linear(g);
      const auto optimizer = make("cagrad", {{"c", c}, {"rescale", false}}, kUnitStep);
      auto d = after(*optimizer, problem, 1);
      for (double& x : d) x = -x;
      const auto g0 = mean(g);
      const double radius = c * length(g0);
      CHECK(length(difference(d, g0)) <= radius * (1 + 1e-10));
      double served = dot(d, g.front());
      for (const auto& x : g) served = std::min(served, dot(d, x));
      // min_k <g_k, d> <= <g_w, d> <= <g_w, g0> + |g_w| c |g0| for all w of the simplex and d of
      // the ball, so that one w that gives the same proves both best.
      std::vector<double> s(g0.size());
      double total = 0;
      for (std::size_t k = 0; k < g.size(); ++k) {
        const double u =
            problem.reported.at("weight/f" + std::to_string(k)) - 1 / static_cast<double>(g.size());
        CHECK(u >= -1e-15);
        total += u;
        for (std::size_t i = 0; i < s.size(); ++i) s[i] += u * g[k][i];
      }
      double bound = (dot(s, g0) + radius * length(s)) / total;
      const bool around_0 = length(direction("mgda", problem)) < 1e-12 * longest(g);
      if (around_0) bound = std::min(bound, 0.0);
      CHECK(served >= bound - 1e-12 * longest(g) * length(g0));
    }
}

TEST_CASE("cagrad with c = 0 is the mean gradient, and is divided by 1 + c^2 only where asked") {
  const auto g = random_vectors(1, 4, 5);
  check_close(direction("cagrad", linear(g), {{"c", 0.0}}), mean(g), 1e-15);
  auto d = direction("cagrad", linear(g), {{"c", 0.6}, {"rescale", false}});
  for (double& x : d) x /= 1.36;
  check_close(direction("cagrad", linear(g), {{"c", 0.6}}), d, 1e-15);
}

TEST_CASE("cagrad finds its way where the gradients' hull holds 0") {
  const Vectors opposed{
      {1, 0}, {-1, 0}, {0.5, 1}};  // nothing can be gained, with |d - g0| < c |g0|
  const auto d = direction("cagrad", linear(opposed), {{"c", 0.5}, {"rescale", false}});
  check_close(d, {0, 1.0 / 3}, 1e-12);
  const auto nearer = direction("cagrad", linear(opposed), {{"c", 0.4}, {"rescale", false}});
  CHECK(length(difference(nearer, {1.0 / 6, 1.0 / 3})) ==
        Approx(0.4 * std::sqrt(5) / 6).epsilon(1e-12));
  check_close(direction("cagrad", linear({{1, 2}, {-1, -2}})), {0, 0}, 1e-15);
}

TEST_CASE("imtl_g projects equally on all gradients, with weights that add up to 1") {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::size_t count = 2; count <= 6; ++count) {
      const auto g = random_vectors(seed, count, 12);
      auto problem = linear(g);
      const auto found = direction("imtl_g", problem);
      for (const auto& x : g)
        CHECK(dot(found, x) / length(x) ==
              Approx(dot(found, g[0]) / length(g[0])).epsilon(0).margin(1e-11 * length(found)));
      make("imtl_g")->step(problem);
      double total = 0;
      for (const auto& [name, weight] : problem.reported) total += weight;
      CHECK(total == Approx(1).epsilon(1e-11));
    }
  // Opposed gradients: the projections are equal where both are 0.
  check_close(direction("imtl_g", linear({{1, 2}, {-3, -6}})), {0, 0}, 1e-14);
  for (const double x : direction("imtl_g", linear({{1, 2}, {1, 2}, {3, -1}})))
    CHECK(std::isfinite(x));
}

TEST_CASE("nash_mtl solves C alpha = 1 / alpha, and its direction has the length sqrt(K)") {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::size_t count = 2; count <= 8; ++count)
      for (const double factor : {1e-4, 1.0, 1e3}) {
        INFO(count << " terms, seed " << seed);
        auto g = random_vectors(seed, count, 12);
        for (std::size_t k = 0; k < count; ++k)
          for (double& x : g[k]) x *= k == 0 ? factor : 1;
        auto problem = linear(g);
        const auto start = problem.weights();
        const auto d =
            difference(start, after(*make("nash_mtl", {{"max_norm", 0.0}}, kUnitStep), problem, 1));
        CHECK(length(d) == Approx(std::sqrt(static_cast<double>(count))).epsilon(1e-11));
        for (std::size_t k = 0; k < count; ++k) {
          const double alpha = problem.reported.at("weight/f" + std::to_string(k));
          CHECK(alpha > 0);
          CHECK(alpha * dot(d, g[k]) == Approx(1).epsilon(1e-10));
        }
        const auto clipped = direction("nash_mtl", linear(g));  // max_norm 1
        CHECK(length(clipped) == Approx(1).epsilon(1e-12));
        CHECK(dot(clipped, d) == Approx(length(d)).epsilon(1e-12));
      }
  // Where no direction serves both, it stays; equal gradients are no such case.
  check_close(direction("nash_mtl", linear({{1, 2}, {-1, -2}})), {0, 0});
  check_close(direction("nash_mtl", linear({{3, 4}, {3, 4}})), {0.6, 0.8});
}

TEST_CASE("nash_mtl keeps its weights between bargains") {
  auto problem = conflict();
  const auto optimizer = make("nash_mtl", {{"update_every", std::int64_t{2}}});
  optimizer->step(problem);
  const auto first = saved(*optimizer).scalar<Reals>("alpha");
  optimizer->step(problem);
  CHECK(saved(*optimizer).scalar<Reals>("alpha") == first);
  optimizer->step(problem);
  CHECK(saved(*optimizer).scalar<Reals>("alpha") != first);
}
