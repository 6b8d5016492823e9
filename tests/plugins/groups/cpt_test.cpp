// cpt against a worked example, against SciPy's HiGHS, and against what its weights
// must be; group_dro against its equations.
#include <catch2/catch.hpp>

#include "tests/support/terms.h"
#include "tests/support/golden.h"

using namespace assay;
using assay::testing::after;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::golden;
using assay::testing::linear;
using assay::testing::plugins;

namespace {

Info groups(std::size_t count) {
  Info info;
  for (std::size_t k = 0; k < count; ++k) {
    info.groups.push_back(std::string("g").append(std::to_string(k)));
    info.group_sizes.push_back(100);
  }
  return info;
}

std::shared_ptr<Optimizer> make(const std::string& use, Values params, std::size_t count,
                                double lr = 1) {
  params["base"] = Spec{"sgd", {{"lr", lr}}};
  const Info info = groups(count);
  return plugins().make<Optimizer>({use, params}, &info);
}

// The direction of one step: what is subtracted from w at step size 1.
Reals direction(const std::string& use, const Values& params, ClosedForm problem) {
  auto d = after(*make(use, params, problem.names(By::kGroup).size()), problem, 1);
  for (double& x : d) x = 0 - x;
  return d;
}

// group_dro with adjustments of 2 / 100 and 2 / 5: for groups of 10,000 and 25 samples.
std::shared_ptr<Optimizer> adjusted_dro() {
  Info info = groups(2);
  info.group_sizes = {10'000, 25};
  const Values params{{"eta", 0.5}, {"adjustment", 2.0}, {"base", Spec{"sgd", {{"lr", 0.01}}}}};
  return plugins().make<Optimizer>({"group_dro", params}, &info);
}

const std::vector<Reals> kTwo{{3, 4}, {-3, 0}};

}  // namespace

TEST_CASE("cpt gives the directions of the worked example") {
  const double digits = 5e-8;
  check_close(direction("cpt", {}, linear(kTwo, {3.5, 1.5})), {1.27094679, 2.84729786}, digits);
  check_close(direction("cpt", {}, linear(kTwo, {1.5, 3.5})), {-2.92194854, 0.05203431}, digits);
  // r l is equal for both: the other program, which lowers both.
  check_close(direction("cpt", {{"control", Reals{0.3, 0.7}}}, linear(kTwo, {3.5, 1.5})), {0, 2},
              digits);
  // The control vector counts up to a factor.
  check_close(direction("cpt", {{"control", Reals{7, 7}}}, linear(kTwo, {3.5, 1.5})),
              {1.27094679, 2.84729786}, digits);
}

TEST_CASE("cpt finds the directions that SciPy's HiGHS finds") {
  int balancing = 0;
  const auto& file = golden("groups", "cpt");
  for (const auto& c : file.at("cases")) {
    INFO(c.dump());
    auto problem = linear(c.at("gradients"), c.at("losses"));
    const Values params{{"control", c.at("control").get<Reals>()},
                        {"share", std::string(c.at("softmax") ? "softmax" : "loss")}};
    const auto optimizer = make("cpt", params, problem.names(By::kGroup).size());
    auto found = after(*optimizer, problem, 1);
    for (double& x : found) x = 0 - x;
    check_close(found, c.at("direction"), 1e-10);
    CHECK(problem.reported.at("unsolved") == 0);
    CHECK(problem.reported.at("balancing") == (c.at("balancing") ? 1 : 0));
    balancing += c.at("balancing") ? 1 : 0;
  }
  CHECK(balancing == 90);
}

TEST_CASE("cpt's trajectories are those of the restated equations") {
  const auto& file = golden("groups", "cpt");
  const auto centres = file.at("centres"), scales = file.at("scales");
  for (const auto& t : file.at("trajectories")) {
    INFO(t.dump());
    for (const auto& [steps, weights] : t.at("weights").items()) {
      std::vector<ClosedForm::Function> functions;
      for (std::size_t k = 0; k < 4; ++k)
        functions.push_back(
            [s = scales[k].get<Reals>(), c = centres[k].get<Reals>()](const auto& w, auto& g) {
              double inner = 1;
              for (std::size_t i = 0; i < 3; ++i) inner += s[i] * (w[i] - c[i]) * (w[i] - c[i]);
              for (std::size_t i = 0; i < 3; ++i) g[i] += 2 * s[i] * (w[i] - c[i]) / inner;
              return std::log(inner);
            });
      ClosedForm problem({{0.6, -0.4}, {0.3}}, functions);
      const Values params{{"control", t.at("control").get<Reals>()},
                          {"threshold", t.at("threshold").get<double>()},
                          {"share", std::string(t.at("softmax") ? "softmax" : "loss")}};
      check_close(after(*make("cpt", params, 4, 0.1), problem, std::stoi(steps)), weights);
    }
  }
}

TEST_CASE("cpt's weights are on the simplex and do not harm the worst group") {
  const auto& file = golden("groups", "cpt");
  for (const auto& c : file.at("cases")) {
    const auto gradients = c.at("gradients").get<std::vector<Reals>>();
    const auto losses = c.at("losses").get<Reals>(), control = c.at("control").get<Reals>();
    auto problem = linear(gradients, losses);
    make("cpt", {{"control", control}}, losses.size())->step(problem);
    double sum = 0, gap = 0, total = 0, entropy = 0;
    for (std::size_t k = 0; k < losses.size(); ++k) {
      const double alpha = problem.reported.at("weight/g" + std::to_string(k));
      CHECK(alpha >= 0);
      sum += alpha;
      total += losses[k] * control[k];
    }
    CHECK(sum == Approx(1).epsilon(1e-12));
    const auto w = problem.weights();  // -d
    std::size_t worst = 0;
    for (std::size_t k = 0; k < losses.size(); ++k) {
      const double share = losses[k] * control[k] / total;
      entropy -= share * std::log(share);
      if (losses[k] * control[k] > losses[worst] * control[worst]) worst = k;
    }
    gap = std::log(static_cast<double>(losses.size())) - entropy;
    CHECK(problem.reported.at("entropy_gap") == Approx(gap).margin(1e-12));
    double along = 0;
    for (std::size_t i = 0; i < w.size(); ++i) along -= gradients[worst][i] * w[i];
    CHECK(along >= -1e-9);
  }
}

TEST_CASE("permuting the groups permutes the weights, and a small step closes the gap") {
  const std::vector<Reals> g{{1, 0.2, 0}, {-0.5, 1, 0.3}, {0.1, -0.2, 2}};
  auto problem = linear(g, {2, 1, 0.5}), other = linear({g[2], g[0], g[1]}, {0.5, 2, 1});
  const auto optimizer = make("cpt", {}, 3, 1e-4);
  optimizer->step(problem);
  optimizer->step(other);
  check_close(problem.weights(), other.weights());
  const double before = problem.reported.at("entropy_gap");
  optimizer->step(problem);
  CHECK(problem.reported.at("entropy_gap") < before);
}

TEST_CASE("a group that the batch lacks is left out of both") {
  auto lacking = linear({kTwo[0], {100, 100}, kTwo[1]}, {3.5, 9, 1.5});
  lacking.absent[1] = true;
  check_close(direction("cpt", {{"control", Reals{0.25, 5, 0.25}}}, lacking),
              {1.27094679, 2.84729786}, 5e-8);
  lacking.absent[2] = true;  // one group is left: its own gradient
  CHECK(direction("cpt", {}, lacking) == Reals{3, 4});
  CHECK(direction("group_dro", {{"eta", 0.0}}, lacking)[1] == Approx(4 / 3.0));
}

TEST_CASE("cpt refuses a control vector of another length, and datasets without groups") {
  CHECK_THROWS_WITH(make("cpt", {{"control", Reals{1, 2, 3}}}, 2),
                    Catch::Contains("`control` has 3 numbers, expected one for each of the 2 "
                                    "groups g0, g1"));
  CHECK_THROWS_WITH(make("cpt", {{"control", Reals{1, -2}}}, 2), Catch::Contains("control"));
  for (const std::string use : {"cpt", "group_dro", "group_reweighting"})
    CHECK_THROWS_WITH(make(use, {}, 0), Catch::Contains("a dataset with groups"));
  auto negative = linear(kTwo, {3.5, -1.5});
  CHECK_THROWS_WITH(make("cpt", {}, 2)->step(negative),
                    Catch::Contains("the loss of group g1 is -1.5"));
}

TEST_CASE("group_dro raises the weights of the groups with the larger losses") {
  const auto weights = [](double eta, double adjustment) {
    auto problem = linear(kTwo, {3.5, 1.5});
    const Values params{{"eta", eta}, {"adjustment", adjustment}};
    const auto w = after(*make("group_dro", params, 2), problem, 1);
    return std::pair(problem.reported.at("weight/g0"), Reals{-w[0], -w[1]});
  };
  CHECK(weights(0.01, 0).first == Approx(0.50499983).margin(5e-9));
  CHECK(weights(1, 0).first == Approx(0.88079708).margin(5e-9));
  check_close(weights(1, 0).second, {2.28478247, 3.52318831}, 5e-9);
  CHECK(weights(0, 0).first == 0.5);
  CHECK(weights(1, 5).first == Approx(weights(1, 0).first).epsilon(1e-12));  // groups of one size
  CHECK(weights(1e3, 0).first == 1);                                         // and no overflow
}

TEST_CASE("group_dro's adjustment helps the small groups, and its weights add up over steps") {
  const auto optimizer = adjusted_dro();
  auto problem = linear(kTwo, {1, 1});
  double q[] = {0.5, 0.5};
  for (int step = 0; step < 10; ++step) {
    const auto losses = assay::testing::term_losses(problem);
    optimizer->step(problem);
    q[0] *= std::exp(0.5 * (losses[0] + 2.0 / 100));
    q[1] *= std::exp(0.5 * (losses[1] + 2.0 / 5));
    const double sum = q[0] + q[1];
    for (double& x : q) x /= sum;
    CHECK(problem.reported.at("weight/g0") == Approx(q[0]).epsilon(1e-12));
  }
}

TEST_CASE("group_dro's adjustment helps a group that the batch lacks too") {
  const auto optimizer = adjusted_dro();
  auto problem = linear(kTwo, {1, 1});
  problem.absent[1] = true;
  optimizer->step(problem);
  const double a = std::exp(0.5 * (1 + 2.0 / 100)), b = std::exp(0.5 * 2.0 / 5);
  CHECK(problem.reported.at("weight/g0") == Approx(a / (a + b)).epsilon(1e-12));
}

TEST_CASE("group_dro's weights move once a step, also where its base asks twice") {
  const auto q = [](const Spec& base) {
    const Info info = groups(2);
    const auto optimizer =
        plugins().make<Optimizer>({"group_dro", {{"eta", 1.0}, {"base", base}}}, &info);
    auto problem = linear(kTwo, {3.5, 1.5});
    optimizer->step(problem);
    State state;
    optimizer->save(state);
    return state.scalar<Reals>("q");
  };
  CHECK(q({"sgd", {}}) == q({"sam", {}}));
}
