// What all rules over terms owe: one term, equal terms, costs, memory, nesting, refusals.
#include <catch2/catch.hpp>

#include "tests/plugins/multitask/terms_cases.h"

using namespace assay;
using namespace assay::testing;

TEST_CASE("two equal terms leave every rule the direction of their sum") {
  for (const auto& use : rules()) {
    INFO(use);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      auto g = random_vectors(seed, 1, 6);
      g.push_back(g.front());
      auto problem = linear(g);
      problem.random = Rng(seed);
      const auto d = direction(use, problem, needed(use, 2));
      CHECK(dot(d, g[0]) >= (1 - 1e-12) * length(d) * length(g[0]));
      CHECK(length(d) > 0.01 * length(g[0]));
    }
    const auto term = [](const auto& w, auto& g) {
      for (std::size_t i = 0; i < w.size(); ++i) g[i] = w[i] + 1;
      return 1 + dot(g, g) / 2;
    };
    ClosedForm twins({{0.6, -0.4}, {0.9, 0.3}}, {term, term});
    after(*make(use, needed(use, 2), {"sgd", {{"lr", 0.05}}}), twins, 20);  // long histories too
    for (const double x : twins.weights()) CHECK(std::isfinite(x));
  }
}

TEST_CASE("different rules take different ways") {
  std::map<std::string, std::vector<double>> ways;
  for (const auto& use : rules()) {
    auto problem = conflict();
    walk(*make(use, needed(use, 3)), problem, 0, 4);
    ways[use] = problem.weights();
  }
  for (const auto& [one, weights] : ways)
    for (const auto& [other, others] : ways) {
      INFO(one << " and " << other);
      if (one < other) CHECK(length(difference(weights, others)) > 1e-4);
    }
}

TEST_CASE("steps cost what their rule needs, and return the plain loss where they started") {
  for (const auto& use : rules()) {
    INFO(use);
    auto problem = conflict();
    const double here = ClosedForm(problem).loss();
    CHECK(make(use, needed(use, 3))->step(problem) == here);
    CHECK(problem.forwards == (use == "famo" ? 2 : 1));
    CHECK(problem.backwards == (takes_gradients(use) ? 3 : 1));
  }
  auto problem = conflict();
  after(*make("nash_mtl", {{"update_every", std::int64_t{4}}}), problem, 8);
  CHECK(problem.forwards == 8);
  CHECK(problem.backwards == 2 * 3 + 6);
}

TEST_CASE("a rule that is saved and loaded on the way goes on bit for bit") {
  for (const auto& use : rules()) {
    auto params = needed(use, 3);
    if (use == "dwa") params["every"] = std::int64_t{3};
    if (use == "nash_mtl") params["update_every"] = std::int64_t{3};
    for (const int stop : {0, 1, 4, 7}) {
      INFO(use << " at " << stop);
      auto whole = conflict(), parts = conflict();
      walk(*make(use, params, kHeavy), whole, 0, 10);
      const auto first = make(use, params, kHeavy), second = make(use, params, kHeavy);
      walk(*first, parts, 0, stop);
      second->load(saved(*first));
      walk(*second, parts, stop, 10);
      CHECK(whole.weights() == parts.weights());
    }
  }
}

TEST_CASE("what a rule remembers moves once a step, however often its base asks") {
  const auto registry = with_twice();
  for (const auto& use : rules()) {
    INFO(use);
    auto once = conflict(), twice = conflict();
    const auto plain = make(use, needed(use, 3), {"sgd", {{"lr", 0.05}}});
    const auto asking = make(use, needed(use, 3), {"twice", {}}, registry);
    for (std::uint64_t t = 0; t < 5; ++t) {
      once.random = twice.random = Rng(t);
      plain->step(once);
      asking->step(twice);
    }
    check_close(twice.weights(), once.weights(), 1e-14);
    CHECK((saved(*asking).scalars() == saved(*plain).scalars()));
    // SAM asks at w first, and what is remembered is from there.
    const auto inside = make(use, needed(use, 3), {"sam", {{"base", Spec{"sgd", {{"lr", 0.05}}}}}});
    auto start = conflict(), uphill = conflict();
    const auto bare = make(use, needed(use, 3), {"sgd", {{"lr", 0.05}}});
    inside->step(uphill);
    bare->step(start);
    CHECK(length(difference(uphill.weights(), start.weights())) > 1e-6);
    if (use != "famo")  // which compares with where the step led
      CHECK((saved(*inside).scalars() == saved(*bare).scalars()));
  }
}

TEST_CASE("sam around a rule and a rule around sam both run, and differ") {
  const Spec sgd{"sgd", {{"lr", 0.05}}};
  for (const auto& use : rules()) {
    INFO(use);
    auto params = needed(use, 3);
    auto outside = conflict(), inside = conflict();
    const auto rule = make(use, params, {"sam", {{"base", sgd}}});
    params["base"] = sgd;
    const auto sam = make("sam", {}, {use, params});
    CHECK_NOTHROW(rule->check(outside));
    CHECK_NOTHROW(sam->check(inside));
    walk(*rule, outside, 0, 4);
    walk(*sam, inside, 0, 4);
    CHECK(outside.weights() != inside.weights());
    CHECK(length(difference(outside.weights(), inside.weights())) > 1e-7);
  }
}

TEST_CASE("rules ask for several terms before a step is taken, and name themselves") {
  for (const auto& use : rules()) {
    INFO(use);
    auto one = conflict(1), three = conflict();
    CHECK_NOTHROW(make(use, needed(use, 3))->check(three));
    CHECK_THROWS_WITH(make(use, needed(use, 1))->check(one),
                      Catch::Contains("optimizer `" + use + "` weights the terms") &&
                          Catch::Contains("the loss has only one: f0"));
    for (const auto& outer : rules()) {
      auto inner = needed(use, 3);
      inner["base"] = Spec{"sgd", {}};
      CHECK_THROWS_WITH(
          make(outer, needed(outer, 3), {use, inner})->check(three),
          Catch::Contains("optimizer `" + use +
                          "` needs the separate terms or groups of the loss") &&
              Catch::Contains("`" + outer + "` gives its base one combined gradient"));
    }
    CHECK_THROWS_WITH(make(use, needed(use, 3), {"m_sam", {{"m", std::int64_t{1}}}})->step(three),
                      Catch::Contains("`" + use + "` gives its base one combined gradient"));
  }
}

TEST_CASE("lists with a number for each term are counted") {
  auto three = conflict();
  CHECK_THROWS_WITH(make("weighted_sum", {{"weights", Reals{1, 2}}})->check(three),
                    Catch::Contains("`weights` has 2 numbers") &&
                        Catch::Contains("each of the 3 terms f0, f1, f2"));
  CHECK_THROWS_WITH(make("weighted_sum", {{"weights", Reals{1, -2, 1}}}),
                    Catch::Contains("weights"));
  CHECK_THROWS_WITH(make("famo", {{"floor", Reals{0, 0, 0, 0}}})->check(three),
                    Catch::Contains("`floor` has 4 numbers") &&
                        Catch::Contains("each of the 3 terms f0, f1, f2"));
}

TEST_CASE("a term without a gradient is left out, and the others are as if alone") {
  const auto functions = [] {
    std::vector<ClosedForm::Function> all;
    for (std::size_t k = 0; k < 4; ++k)
      all.emplace_back([k](const auto& w, auto& g) {
        const auto x = random_vectors(k, 1, 4).front();
        double square = 1;
        for (std::size_t i = 0; i < 4; ++i) {
          g[i] = (w[i] - 3 * x[i]) * (1 + 0.3 * static_cast<double>(k));
          square += g[i] * (w[i] - 3 * x[i]) / 2;
        }
        return square;
      });
    return all;
  };
  for (const auto& use : rules()) {
    if (!takes_gradients(use)) continue;
    INFO(use);
    const std::vector<std::vector<double>> start{{0.6, -0.4}, {0.9, 0.3}};
    auto all = functions();
    ClosedForm lacking(start, all), alone(start, {all[0], all[2], all[3]});
    lacking.absent[1] = true;
    walk(*make(use, {}, kHeavy), lacking, 0, 6);
    walk(*make(use, {}, kHeavy), alone, 0, 6);
    CHECK(lacking.weights() == alone.weights());
    // One that is left has its own gradient; none, none.
    ClosedForm last(start, all), single(start, {all[2]}), empty(start, all);
    last.absent = {true, true, false, true};
    empty.absent = {true, true, true, true};
    walk(*make(use, {}, kHeavy), last, 0, 6);
    walk(*plugins().make<Optimizer>(kHeavy), single, 0, 6);
    CHECK(last.weights() == single.weights());
    walk(*make(use, {}, kHeavy), empty, 0, 3);
    CHECK(empty.weights() == std::vector<double>{0.6, -0.4, 0.9, 0.3});
  }
}

TEST_CASE("what is remembered of terms stays theirs while others are absent") {
  auto problem = conflict();
  const auto vac = make("gradvac"), nash = make("nash_mtl");
  vac->step(problem);
  nash->step(problem);
  const auto rho = saved(*vac).scalar<Reals>("rho_hat"),
             alpha = saved(*nash).scalar<Reals>("alpha");
  problem.absent[1] = true;
  vac->step(problem);
  nash->step(problem);
  const auto later = saved(*vac).scalar<Reals>("rho_hat"),
             weights = saved(*nash).scalar<Reals>("alpha");
  for (const std::size_t pair : {1U, 3U, 5U, 7U}) CHECK(later[pair] == rho[pair]);
  for (const std::size_t pair : {2U, 6U}) CHECK(later[pair] != rho[pair]);
  CHECK(weights[1] == alpha[1]);
  CHECK(weights[0] != alpha[0]);
}

TEST_CASE("uncertainty weighting learns nothing of a term whose loss is exactly 0") {
  auto problem = linear({{1, 0}, {0, 1}}, {0, 2});
  const auto optimizer = make("uncertainty_weights", {}, {"sgd", {{"lr", 1e-3}}});
  optimizer->step(problem);
  const auto s = saved(*optimizer).scalar<Reals>("s");
  CHECK(s[0] == -0.5);
  CHECK(s[1] != -0.5);
}

TEST_CASE("a term that the batch lacks has no weight with famo, and counts as unchanged with dwa") {
  auto lacking = linear({{1, 0}, {0, 1}, {1, 1}}, {1, 0, 2});
  const auto famo = make("famo", {{"lr", 0.1}, {"weight_decay", 0.0}}, {"sgd", {{"lr", 1e-3}}});
  famo->step(lacking);
  CHECK(lacking.reported.at("weight/f1") == 0);
  CHECK(lacking.reported.at("weight/f0") + lacking.reported.at("weight/f2") == Approx(1));
  const auto xi = saved(*famo).scalar<Reals>("xi");
  CHECK(std::abs(xi[1]) < 1e-12);
  CHECK(std::abs(xi[0]) > 1e-3);

  int asked = 0;  // unsure after the step
  ClosedForm unsure({{0.0}}, {[](const auto&, auto& g) { return g[0] = 1, 1.0; },
                              [&](const auto&, auto&) { return asked++ < 1 ? 0.1 : 0.0; }});
  const auto other = make("famo", {{"lr", 0.1}, {"weight_decay", 0.0}}, {"sgd", {{"lr", 1e-3}}});
  other->step(unsure);
  CHECK(std::abs(saved(*other).scalar<Reals>("xi")[1]) < 1e-12);

  double second = 0;
  ClosedForm problem({{0.0}}, {[](const auto&, auto& g) { return g[0] = 1, 1.0; },
                               [&](const auto&, auto&) { return second; }});
  const auto dwa = make("dwa", {}, {"sgd", {{"lr", 1e-6}}});
  for (const double loss : {0.0, 0.0, 3.0, 2.0}) {  // ratios: 0 / 0, 3 / 0
    second = loss;
    dwa->step(problem);
    CHECK(problem.reported.at("weight/f1") == 1);
  }
  dwa->step(problem);  // 2 / 3
  CHECK(problem.reported.at("weight/f1") < 1);
}

TEST_CASE("losses without a logarithm or a ratio stop the step where it stands") {
  const auto stands = [](const std::string& use, const Values& params, const std::string& says) {
    auto problem = linear({{1, 0}, {0, 1}}, {2, -0.5});
    const auto optimizer = make(use, params);
    try {
      after(*optimizer, problem, 1);
      FAIL(use << " took a step");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kNumeric);
      CHECK_THAT(error.what(), Catch::Contains("term f1 is -0.5") && Catch::Contains(says));
    }
    CHECK(problem.weights() == std::vector<double>{0, 0});
  };
  stands("dwa", {}, "must not be negative");
  stands("uncertainty_weights", {}, "must not be negative");
  stands("famo", {}, "must be above 0.0");
  stands("famo", {{"floor", Reals{0, -0.25}}}, "must be above -0.25");
  stands("mgda", {{"normalise", std::string("loss")}}, "must be above 0");
  stands("mgda", {{"normalise", std::string("loss+")}}, "must be above 0");
  auto problem = linear({{1, 0}, {0, 1}}, {2, -0.5});
  CHECK_NOTHROW(make("famo", {{"floor", Reals{0, -1}}})->step(problem));
}

TEST_CASE("dwa averages over a period before it refuses a negative loss") {
  double second = -1;
  ClosedForm problem({{0.0}}, {[](const auto&, auto& g) { return g[0] = 1, 1.0; },
                               [&](const auto&, auto&) { return second; }});
  const auto optimizer = make("dwa", {{"every", std::int64_t{2}}});
  optimizer->step(problem);
  CHECK_THROWS_WITH(optimizer->step(problem), Catch::Contains("`every` = 2"));
  second = 3;
  CHECK_NOTHROW(optimizer->step(problem));
}

TEST_CASE("famo returns to where it started when the losses after the step cannot be had") {
  auto problem = conflict();
  problem.broken = 2;
  const auto before = problem.weights();
  const auto optimizer = make("famo");
  CHECK_THROWS_AS(optimizer->step(problem), Error);
  CHECK(problem.weights() == before);
}

TEST_CASE("famo with sam inside compares the losses at both ends of the step, not uphill") {
  auto problem = conflict(2);
  const auto before = term_losses(problem);
  const auto optimizer =
      make("famo", {{"weight_decay", 0.0}, {"lr", 1.0}}, {"sam", {{"rho", 0.5}}});
  optimizer->step(problem);
  const auto after = term_losses(problem);
  const double fall = std::log(before[0] / after[0]) - std::log(before[1] / after[1]);
  // Adam's memory after its first step is a tenth of the gradient z_0 (fall_0 - z . fall).
  const auto mean = saved(*optimizer).scalar<Reals>("mean");
  check_close(mean, {0.1 * fall / 4, -0.1 * fall / 4}, 1e-14);
  CHECK(std::abs(mean[0]) > 1e-4);
}

TEST_CASE("famo takes weight from the term that fell most") {
  auto problem = linear({{1, 0}, {0, 0.2}}, {2, 2});
  const auto optimizer = make("famo");
  optimizer->step(problem);
  const auto xi = saved(*optimizer).scalar<Reals>("xi");
  CHECK(xi[0] == Approx(-0.025).epsilon(1e-5));  // Adam's first step
  CHECK(xi[1] == Approx(0.025).epsilon(1e-5));
}
