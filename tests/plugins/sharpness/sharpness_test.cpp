// The optimizers around sam against worked examples, trajectories of
// pytorch-optimizer and of the equations, and one another.
#include <catch2/catch.hpp>

#include <torch/csrc/autograd/generated/variable_factories.h>

#include "tests/support/descent.h"
#include "tests/support/golden.h"

using namespace assay;
using assay::testing::after;
using assay::testing::bowl;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::difference;
using assay::testing::golden;
using assay::testing::make;
using assay::testing::saved;
using assay::testing::three_samples;
using assay::testing::values_of;
using assay::testing::Visits;

namespace {

constexpr double kPrinted = 5e-10;  // half a unit of the page's last digit

std::vector<double> numbers(const torch::Tensor& tensor) {
  return {tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel()};
}

// One step on the bowl, against its e and the weights after it.
void check_row(Optimizer& optimizer, const std::vector<double>& e, const std::vector<double>& w) {
  Visits visits;
  auto problem = bowl(visits);
  check_close(after(optimizer, problem, 1), w, kPrinted);
  REQUIRE(visits.size() == 2);
  CHECK(visits[0] == std::vector<double>{1, 2});
  check_close(difference(visits[1], visits[0]), e, kPrinted);
}

}  // namespace

TEST_CASE("sam, asam and fisher_sam take the steps of the worked example") {
  check_row(*make("sam", {{"rho", 0.05}}), {0.002496881, 0.049937617}, {0.899750312, -0.049937617});
  check_row(*make("asam", {{"rho", 0.5}, {"eta", 0.0}}), {0.012496096, 0.999687646},
            {0.898750390, -0.999687646});
  check_row(*make("asam", {{"rho", 0.5}, {"eta", 0.01}}), {0.012683808, 1.004682955},
            {0.898731619, -1.004682955});
  check_row(*make("fisher_sam", {{"rho", 0.05}, {"eta", 1.0}}), {0.020429404, 0.002037846},
            {0.897957060, -0.002037846});
}

TEST_CASE("gsam takes the steps of the worked example") {
  const std::vector<double> w{0.899969034, -0.049948313};
  check_row(*make("gsam", {{"rho", 0.05}, {"alpha", 0.1}}), {0.002496881, 0.049937617}, w);
  const auto step = [](double alpha) {
    Visits visits;
    auto problem = bowl(visits);
    return after(*make("gsam", {{"rho", 0.05}, {"alpha", alpha}}), problem, 1);
  };
  auto across = difference(step(0.1), step(0));  // lr alpha times the part of g across gs
  for (double& x : across) x /= 0.1 * 0.1;
  check_close(across, {0.021872190, -0.001069633}, kPrinted);
}

TEST_CASE("looksam takes the steps of the worked example") {
  const auto first = make("looksam", {{"rho", 0.05}});
  check_row(*first, {0.002496881, 0.049937617}, {0.899750312, -0.049937617});
  const auto state = saved(*first);
  check_close(numbers(state.tensor("g_v.0")), {-0.022415888, 0.001120794}, kPrinted);

  const auto second = make("looksam", {{"rho", 0.05}, {"alpha", 0.7}});
  second->load(state);
  Visits visits;
  auto problem = bowl(visits);
  auto direction = difference({1, 2}, after(*second, problem, 1));
  for (double& x : direction) x /= 0.1;
  check_close(direction, {-13.0, 20.7}, 0.05);
  CHECK(visits.size() == 1);
}

TEST_CASE("friendly_sam takes the steps of the worked example") {
  const auto optimizer = make("friendly_sam", {{"rho", 0.05}, {"sigma", 1.0}, {"lambda", 0.9}});
  State state;
  state.put_list("m", {torch::tensor({0.5, 5.0}, torch::kDouble)});
  optimizer->load(state);
  check_row(*optimizer, {0.001665742, 0.049972245}, {0.899833426, -0.049972245});
  check_close(numbers(saved(*optimizer).tensor("m.0")), {0.55, 6.5});
}

TEST_CASE("bsam takes the steps of the worked example") {
  const auto optimizer =
      make("bsam",
           {{"lr", 0.5}, {"rho", 0.05}, {"weight_decay", 0.01}, {"damping", 0.1}, {"noise", 0.0}});
  check_row(*optimizer, {0.05, 1}, {0.947, 0.499});
  check_close(numbers(saved(*optimizer).tensor("s.0")), {1.00011, 1.01911});
}

TEST_CASE("trajectories are those of pytorch-optimizer, or of the equations, to 1e-12") {
  const auto& all = golden("sharpness", "sharpness");
  REQUIRE(all.at("cases").size() == 36);
  for (const auto& one : all.at("cases")) {
    const auto params = values_of(one.at("params"));
    INFO(one.at("use") << " " << one.at("params") << " by " << one.at("oracle"));
    Spec base;
    if (params.contains("base")) base = std::get<Spec>(params.at("base"));
    for (const auto& [steps, weights] : one.at("weights").items()) {
      auto problem = three_samples(one.value("tensors", 2) == 1, one.value("scale", 1.0));
      if (one.contains("names")) problem.rename(one.at("names"));
      const auto optimizer = make(one.at("use"), params, base);
      for (int t = 0; t < std::stoi(steps); ++t) {
        if (one.contains("factors"))
          problem.factor = one.at("factors").at(static_cast<std::size_t>(t));
        optimizer->step(problem);
      }
      check_close(problem.weights(), weights.get<std::vector<double>>());
    }
  }
}

TEST_CASE("what reduces to sam is sam") {
  auto plain = three_samples();
  const auto expected = after(*make("sam", {{"rho", 0.1}}), plain, 7);
  const std::vector<std::pair<std::string, Values>> reduced{{"gsam", {{"alpha", 0.0}}},
                                                            {"looksam", {{"k", std::int64_t{1}}}},
                                                            {"fisher_sam", {{"eta", 0.0}}},
                                                            {"friendly_sam", {{"sigma", 0.0}}},
                                                            {"m_sam", {{"m", std::int64_t{3}}}}};
  for (auto [use, params] : reduced) {
    INFO(use);
    auto problem = three_samples(), other = three_samples();
    params["rho"] = 0.1;
    check_close(after(*make(use, params), problem, 7), expected, 1e-14);
    const Values as_it_is{{"rho", 0.1}, {"m", std::int64_t{2}}};
    const auto usual = make(use, use == "m_sam" ? as_it_is : Values{{"rho", 0.1}});
    CHECK(std::abs(after(*usual, other, 7)[0] - expected[0]) > 1e-6);
  }
}

TEST_CASE("gsam's radius goes with the schedule, from rho_min to rho") {
  for (const auto& [factor, radius] : {std::pair{1.0, 0.3}, {0.5, 0.2}, {0.0, 0.1}}) {
    Visits visits;
    auto problem = bowl(visits);
    problem.factor = factor;
    make("gsam", {{"rho", 0.3}, {"rho_min", 0.1}})->step(problem);
    CHECK(testing::length(difference(visits[1], visits[0])) == Approx(radius).epsilon(1e-12));
  }
  Visits visits;
  auto problem = bowl(visits);
  problem.factor = 0;
  make("gsam", {{"rho", 0.3}})->step(problem);
  CHECK(visits.size() == 1);  // no radius, no ascent
  CHECK_THROWS_WITH(make("gsam", {{"rho", 0.0}, {"rho_min", 0.1}}),
                    Catch::Contains("must not exceed `rho`"));
}
