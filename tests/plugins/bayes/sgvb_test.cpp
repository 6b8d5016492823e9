// sgvb against golden numbers, finite differences and draws; flat and plain by nesting alone.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/ops/randn.h>
#include <ATen/ops/softplus.h>

#include "assay/sdk/posterior.h"
#include "tests/support/descent.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

constexpr double kN = 100;

double softplus(double x) {
  return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0);
}

// Takes the gradient that it is given, and moves nothing.
class Recorder final : public Optimizer {
 public:
  double step(Problem& problem) override {
    found = problem.gradient();
    names = problem.parameter_names();
    roles = problem.roles();
    return found.loss;
  }
  Gradient found;
  Strings names;
  std::vector<Role> roles;
};

struct NoParams {};
class Registered final : public Optimizer {
 public:
  using Params = NoParams;
  static Schema<Params> schema() { return {}; }
  explicit Registered(Params) {}
  double step(Problem& problem) override { return recorder().step(problem); }
  static Recorder& recorder() {
    static Recorder one;
    return one;
  }
};

// The plugins of this build, and the recorder.
const Registry& registry() {
  static const Registry all = [] {
    Registry made;
    for (const auto& entry : plugins().entries()) made.insert(entry);
    made.add<Registered>("recorder", "Records a gradient.");
    return made;
  }();
  return all;
}

const Recorder& record(ClosedForm& problem, Values params) {
  params["base"] = Spec{"recorder", {}};
  const Info info{.group_sizes = {100}};
  registry().make<Optimizer>({"sgvb", std::move(params)}, &info)->step(problem);
  return Registered::recorder();
}

ClosedForm flat(double start) {
  return ClosedForm({{start}}, {[](const auto&, auto&) { return 0.0; }});
}

const double kRho = -5;
const Values kGolden{{"initial_deviation", softplus(-5)}, {"prior_deviation", 0.1}};

// KL(N(m, s^2) || N(0, p^2))
double kl(double m, double s, double p) {
  return std::log(p / s) + (s * s + m * m) / (2 * p * p) - 0.5;
}

}  // namespace

TEST_CASE("sgvb's divergence is KL(q || p), the golden one, and that of draws") {
  auto problem = flat(0.05);
  CHECK(record(problem, kGolden).found.loss == Approx(2.328029256 / kN).epsilon(1e-9));
  // The mean of log q - log p over draws from q.
  const double s = softplus(kRho);
  const auto w = 0.05 + s * at::randn({200000}, Rng(1).generator(), torch::kDouble);
  const auto log_ratio = std::log(0.1 / s) - ((w - 0.05) / s).square() / 2 + (w / 0.1).square() / 2;
  const double error = (log_ratio.std() / std::sqrt(200000.0)).item<double>();
  CHECK(std::abs(log_ratio.mean().item<double>() - kl(0.05, s, 0.1)) < 4 * error);
  CHECK(kl(0.05, s, 0.1) == Approx(2.328029256).epsilon(1e-9));
}

TEST_CASE("sgvb's gradient is that of finite differences in mean and rho") {
  // The same noise in each evaluation: the loss is a function of mean and rho.
  const auto loss = [](double mean, double rho) {
    auto problem = ClosedForm::quadratic({mean}, {3});
    return record(problem, {{"initial_deviation", softplus(rho)}, {"beta", 0.7}}).found.loss;
  };
  const double m = 0.4, rho = -1.2, h = 1e-5;
  auto problem = ClosedForm::quadratic({m}, {3});
  const auto found =
      record(problem, {{"initial_deviation", softplus(rho)}, {"beta", 0.7}}).found.tensors;
  REQUIRE(found.size() == 2);
  CHECK(found[0].item<double>() ==
        Approx((loss(m + h, rho) - loss(m - h, rho)) / (2 * h)).epsilon(1e-7));
  CHECK(found[1].item<double>() ==
        Approx((loss(m, rho + h) - loss(m, rho - h)) / (2 * h)).epsilon(1e-7));
}

TEST_CASE("sgvb draws weights of its deviation, and puts the means back") {
  Visits visits;
  const std::vector<double> start(20000, 0.5);
  ClosedForm problem({start}, {[&](const auto& w, auto&) {
                       visits.push_back(w);
                       return 0.0;
                     }});
  record(problem, {{"initial_deviation", 0.2}, {"samples", std::int64_t{2}}});
  REQUIRE(visits.size() == 2);
  CHECK(visits[0] != visits[1]);
  CHECK(length(difference(visits[0], start)) / std::sqrt(20000) == Approx(0.2).epsilon(0.03));
  CHECK(problem.weights() == start);
}

TEST_CASE("sam within sgvb perturbs what `perturb` says") {
  for (const bool scale : {false, true}) {
    Visits visits;
    auto problem = ClosedForm({{1, 2}}, {[&](const auto& w, auto& g) {
                                visits.push_back(w);
                                g[0] += w[0], g[1] += 10 * w[1];
                                return (w[0] * w[0] + 10 * w[1] * w[1]) / 2;
                              }});
    const Info info{.group_sizes = {100}};
    const Values tiny{{"initial_deviation", 1e-9},
                      {"beta", 0.0},
                      {"perturb", std::string(scale ? "mean_and_scale" : "mean")},
                      {"base", Spec{"sam", {{"rho", 0.05}, {"base", Spec{"sgd", {{"lr", 0.1}}}}}}}};
    plugins().make<Optimizer>({"sgvb", tiny}, &info)->step(problem);
    // Without noise and prior this is SAM's golden step.
    check_close(problem.weights(), {0.899750312, -0.049937617}, 1e-7);
    REQUIRE(visits.size() == 2);
    check_close(difference(visits[1], visits[0]), {0.002496881, 0.049937617}, 1e-7);
    auto seen = ClosedForm::quadratic({1}, {1});
    const auto& told = record(seen, {{"perturb", std::string(scale ? "mean_and_scale" : "mean")}});
    CHECK(told.names == Strings{"w0", "w0.rho"});
    CHECK((told.roles == std::vector{Role::kWeight, scale ? Role::kAscendedScale : Role::kScale}));
  }
  auto problem = ClosedForm::quadratic({1, 2}, {1, 1});
  const Info info{.group_sizes = {100}};
  for (const auto& use : {"gsam", "looksam"})
    CHECK_THROWS_WITH(
        plugins().make<Optimizer>({"sgvb", {{"base", Spec{use, {}}}}}, &info)->check(problem),
        Catch::Matchers::Contains("`w0.rho` is not to be perturbed"));
}

TEST_CASE("flat and plain differ in one nested sam: with rho 0 they are the same bytes") {
  const auto base = [](const std::string& use) {
    return use == "sgvb" ? Values{{"initial_deviation", 0.05}}
                         : Values{{"lr", 1e-3}, {"prior_deviation", 1.0}};
  };
  const Spec sgd{"sgd", {{"lr", 0.1}, {"momentum", 0.9}}};
  const auto flat_sgd = Spec{"sam", {{"rho", 0.0}, {"base", sgd}}};
  const auto run = [&](const Spec& optimizer) {
    TinyTrial trial{{"train", {{"steps", std::int64_t{8}}, {"batch", std::int64_t{16}}}}};
    trial.optimizer = optimizer;
    return carry_out(trial, -1, 4).weights;
  };
  auto plain = base("sgvb"), flat = base("sgvb");
  plain["base"] = sgd;
  flat["base"] = flat_sgd;
  CHECK(same(run({"sgvb", plain}), run({"sgvb", flat})));
  // An ascent too short to move a weight runs all the same: it sees the same noise.
  auto short_ascent = base("sgvb");
  short_ascent["base"] = Spec{"sam", {{"rho", 1e-30}, {"base", sgd}}};
  CHECK(same(run({"sgvb", plain}), run({"sgvb", short_ascent})));
  auto steep = base("sgvb");
  steep["base"] = Spec{"sam", {{"rho", 0.2}, {"base", sgd}}};
  CHECK_FALSE(same(run({"sgvb", plain}), run({"sgvb", steep})));
  for (const std::string use : {"sgld", "sghmc"}) {
    const Spec sampler{use, base(use)};
    CHECK(same(run(sampler), run({"sam", {{"rho", 0.0}, {"base", sampler}}})));
    CHECK(same(run(sampler), run({"sam", {{"rho", 1e-30}, {"base", sampler}}})));
    CHECK_FALSE(same(run(sampler), run({"sam", {{"rho", 0.2}, {"base", sampler}}})));
  }
}

TEST_CASE("train leaves the distribution that the optimizer has learned") {
  for (const std::string use : {"sgvb", "bsam"}) {
    TinyTrial trial{{"train", {{"steps", std::int64_t{6}}, {"batch", std::int64_t{16}}}}};
    trial.optimizer = {use, {}};
    trial.optimizer.params =
        use == "sgvb" ? Values{{"initial_deviation", 0.05}} : Values{{"lr", 0.05}, {"noise", 0.5}};
    const auto whole = carry_out(trial, -1, 4);
    CHECK(same(whole.artifacts, carry_out(trial, 3, 4).artifacts));
    // After six steps by hand.
    const auto optimizer = plugins().make<Optimizer>(trial.optimizer, &trial.data->info());
    auto problem = ClosedForm::quadratic({0.4, -0.2}, {3, 1});
    for (int k = 0; k < 6; ++k) {
      problem.random = Rng(static_cast<std::uint64_t>(k));
      optimizer->step(problem);
    }
    const auto left = dynamic_cast<PosteriorHolder&>(*optimizer).posterior(problem);
    CHECK(left.names == Strings{"w0"});
    CHECK(left.mean[0].equal(problem.parameters()[0]));
    const auto state = saved(*optimizer);
    const auto expected =
        use == "sgvb" ? at::softplus(state.list("rho")[0]).square() : 1 / (60 * state.list("s")[0]);
    CHECK((left.variance[0] / expected - 1).abs().max().item<double>() < 1e-12);
    CHECK(left.scale == (use == "sgvb" ? 1 : 0.25));  // bsam trains with half of the deviation
  }
}

TEST_CASE("sgvb refuses weight decay in its base, and samplers") {
  const Info info{.group_sizes = {100}};
  const auto check = [&](const Spec& base, const std::string& perturb) {
    auto problem = ClosedForm::quadratic({1, 2}, {1, 1});
    plugins()
        .make<Optimizer>({"sgvb", {{"base", base}, {"perturb", perturb}}}, &info)
        ->check(problem);
  };
  const Spec decaying{"adamw", {}};  // by default
  const Specs groups{{"parameters", {{"optimizer", decaying}}}};
  for (const std::string perturb : {"mean", "mean_and_scale"}) {
    for (const Spec& base :
         {decaying, Spec{"sam", {{"base", decaying}}}, Spec{"grouped", {{"groups", groups}}}})
      CHECK_THROWS_WITH(check(base, perturb),
                        Catch::Matchers::Contains(".rho`, which is the scale of a distribution"));
    CHECK_NOTHROW(check({"adamw", {{"weight_decay", 0.0}}}, perturb));
  }
  CHECK_THROWS_WITH(check({"sgld", {}}, "mean"),
                    Catch::Matchers::Contains("takes all parameters for weights"));
}
