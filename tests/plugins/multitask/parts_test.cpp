// Rules over groups instead of terms, and parameters that belong to one term alone.
#include <catch2/catch.hpp>

#include "assay/sdk/simplex.h"
#include "runner/conformance/tiny.h"
#include "tests/plugins/multitask/terms_cases.h"

using namespace assay;
using namespace assay::testing;

namespace {

Info two_groups() {
  Info info;
  info.groups = {"left", "right"};
  info.group_sizes = {36, 24};
  return info;
}

// sum_k (w_k - k - 1)^2 (k + 1) / 2 over the shared weights, plus (w_own + own * w_0)^2 / 2.
ClosedForm::Function term(std::size_t shared, std::size_t own, double sign) {
  return [=](const auto& w, auto& g) {
    double value = 1;
    for (std::size_t k = 0; k < shared; ++k) {
      const double x = w[k] - sign * static_cast<double>(k + 1);
      value += x * x * static_cast<double>(k + 1) / 2;
      g[k] = x * static_cast<double>(k + 1);
    }
    g[own] = w[own] + 2;
    return value + (w[own] + 2) * (w[own] + 2) / 2;
  };
}

// Two shared weights, and one of each of two terms.
ClosedForm two_heads() {
  return ClosedForm({{0.5, -0.25}, {0.75}, {-0.5}}, {term(2, 2, 1), term(2, 3, -1)}, {},
                    {ClosedForm::kShared, 0, 1});
}

// The same without the weights of one term alone.
ClosedForm trunk() {
  const auto two = two_heads();
  std::vector<ClosedForm::Function> terms;
  for (const double sign : {1.0, -1.0})
    terms.emplace_back([=](const auto& w, auto& g) {
      std::vector<double> all{w[0], w[1], sign > 0 ? 0.75 : -0.5}, slopes(3);
      const double value = term(2, 2, sign)(all, slopes);
      g = {slopes[0], slopes[1]};
      return value;
    });
  return ClosedForm({{0.5, -0.25}}, terms);
}

// A step of two groups and two terms.
struct TinyStep {
  TinyStep() {
    model.eval();
    const Context context{torch::kCPU, Rng(3), nullptr};
    problem.begin({data.load(data.ids(Split::kTrain).subspan(0, 19), context)}, context, 1);
  }
  TinyData data;
  TinyModel model{0, torch::kDouble};
  TwoTerms objective;
  BatchProblem problem{model, objective, {.groups = data.info().groups}};
};

}  // namespace

TEST_CASE("rules weigh the parameters that terms share, and a head follows its own term") {
  for (const auto& use : rules()) {
    if (!takes_gradients(use)) continue;
    INFO(use);
    const auto found = direction(use, two_heads(), needed(use, 2));
    const auto shared = direction(use, trunk(), needed(use, 2));
    check_close({found[0], found[1]}, shared);
    std::vector<double> own{2.75, 1.5};
    if (use == "nash_mtl") {  // whose loss is the sum weighted by alpha
      auto problem = trunk();
      make(use, {{"max_norm", 0.0}}, kUnitStep)->step(problem);
      own = {2.75 * problem.reported.at("weight/f0"), 1.5 * problem.reported.at("weight/f1")};
    }
    check_close({found[2], found[3]}, own);
  }
}

TEST_CASE("weights of losses scale heads too, since the loss is the weighted sum") {
  const auto found = direction("weighted_sum", two_heads(), {{"weights", Reals{0.5, 2}}});
  check_close({found[2], found[3]}, {2.75 * 0.5, 1.5 * 2});
}

TEST_CASE("nash_mtl moves heads by alpha in the steps between two solutions too") {
  auto every = two_heads(), settled = two_heads();
  const auto first = make("nash_mtl", {}, kUnitStep);
  first->step(every);
  const auto second = make("nash_mtl", {{"update_every", std::int64_t{2}}}, kUnitStep);
  second->step(settled);
  CHECK(every.weights() == settled.weights());
  const auto alpha = saved(*second).scalar<Reals>("alpha");
  const auto before = settled.weights();
  second->step(settled);
  const auto moved = difference(before, settled.weights());
  check_close({moved[2], moved[3]}, {alpha[0] * (before[2] + 2), alpha[1] * (before[3] + 2)});
}

TEST_CASE("over groups each rule goes where it goes over terms that are the same functions") {
  for (const auto& use : rules()) {
    INFO(use);
    auto terms = conflict(), groups = conflict();
    auto params = needed(use, 3);
    walk(*make(use, params, kHeavy), terms, 0, 5);
    params["over"] = std::string("groups");
    walk(*make(use, params, kHeavy), groups, 0, 5);
    CHECK(terms.weights() == groups.weights());
    CHECK(groups.reported.contains("weight/f0") == false);
  }
  const Info info{{3}, 3, 1, {}, {"g0", "g1", "g2"}, {10, 20, 30}};
  for (const std::string use : {"group_dro", "cpt"}) {
    INFO(use);
    auto terms = conflict(), groups = conflict();
    Values params{{"base", kHeavy}};
    walk(*plugins().make<Optimizer>({use, params}, &info), groups, 0, 5);
    params["over"] = std::string("terms");
    walk(*plugins().make<Optimizer>({use, params}, &info), terms, 0, 5);
    CHECK(terms.weights() == groups.weights());
    CHECK(terms.reported.contains("weight/f0"));
    CHECK(groups.reported.contains("weight/g0"));
  }
}

TEST_CASE("mgda over the groups of a batch is the shortest vector in the hull of their gradients") {
  TinyStep step;
  auto& problem = step.problem;
  const TinyModel other(0, torch::kDouble);
  const auto parts = problem.gradients(By::kGroup);
  REQUIRE(parts.size() == 2);
  const auto weights = shortest_in_hull(Gram({&parts[0].gradient, &parts[1].gradient}));
  const auto expected = weighted_sum({&parts[0].gradient, &parts[1].gradient}, weights);
  const auto mgda = make("mgda", {{"over", std::string("groups")}}, kUnitStep);
  CHECK_NOTHROW(mgda->check(problem));
  const double loss = problem.loss();
  CHECK(mgda->step(problem) == Approx(loss).epsilon(1e-12));
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK((other.parameters()[i] - step.model.parameters()[i] - expected[i])
              .abs()
              .max()
              .item<double>() < 1e-12);
  const auto figures = problem.take_figures();
  CHECK(figures.at("weight/left").sum + figures.at("weight/right").sum == Approx(1));
}

TEST_CASE("group_dro over the terms of a loss raises the weight of the largest") {
  TinyStep step;
  auto& problem = step.problem;
  const auto losses = problem.losses(By::kTerm);
  const Info info = step.data.info();
  const auto dro = plugins().make<Optimizer>(
      {"group_dro", {{"over", std::string("terms")}, {"eta", 0.5}, {"base", kUnitStep}}}, &info);
  dro->check(problem);
  dro->step(problem);
  const double a = std::exp(0.5 * losses[0].loss), b = std::exp(0.5 * losses[1].loss);
  const auto q = saved(*dro).scalar<Reals>("q");
  CHECK(q[0] == Approx(a / (a + b)).epsilon(1e-12));
  CHECK(q[1] == Approx(b / (a + b)).epsilon(1e-12));
}

TEST_CASE("rules over parts that are not there say what they are for") {
  const TinyData data;
  TinyModel model;
  TwoTerms objective;
  BatchProblem without(model, objective, {});
  CHECK_THROWS_WITH(make("mgda", {{"over", std::string("groups")}})->check(without),
                    Catch::Contains("optimizer `mgda` weights the groups of the dataset") &&
                        Catch::Contains("the dataset has none"));
  auto one = conflict(1);
  CHECK_THROWS_WITH(make("mgda")->check(one), Catch::Contains("the loss has only one: f0") &&
                                                  !Catch::Contains("over: groups"));
  const Info info = two_groups();
  CHECK_THROWS_WITH(
      plugins().make<Optimizer>(
          {"group_dro", {{"over", std::string("terms")}, {"adjustment", 1.0}}}, &info),
      Catch::Contains("`adjustment: 0`"));
}
