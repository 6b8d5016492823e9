// The moment program: its optimum against SciPy, the published recipe against NumPy step by step,
// and the projection against what a nearest point must be.
#include <random>

#include "selection/skmm/moments/capped_simplex.h"
#include "selection/skmm/moments/program.h"
#include "selection/skmm/moments/published.h"
#include "selection/skmm/moments/vision.h"
#include "tests/plugins/selection/golden_matrix.h"

using namespace selection;
using assay::testing::golden;
using selection::testing::matrix;

namespace {

torch::Tensor numbers(const nlohmann::json& list) {
  return torch::tensor(list.get<std::vector<double>>(), torch::kDouble);
}

double distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

torch::Tensor even(std::int64_t size) {
  return at::full({size}, 1 / static_cast<double>(size), torch::kDouble);
}

}  // namespace

TEST_CASE("a projection lies in the capped simplex, and no point of it is nearer") {
  std::mt19937 draw(3);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 2000; ++round) {
    const auto size = 1 + draw() % 60;
    const auto n = 1 + draw() % size;
    const double cap = 1 / static_cast<double>(n),
                 scale = std::pow(10, static_cast<int>(draw() % 9) - 4);
    std::vector<double> v(size);
    for (auto& x : v) x = draw() % 4 == 0 ? 0 : scale * normal(draw);
    auto p = v;
    project(p, cap);
    double sum = 0;
    for (const auto x : p) {
      REQUIRE(x >= 0);
      REQUIRE(x <= cap);
      sum += x;
    }
    REQUIRE(sum == Approx(1).margin(1e-12 * (1 + scale)));
    // (p - v)(q - p) >= 0 for every q.
    std::vector<double> apart;
    double here = 0;
    for (std::size_t k = 0; k < size; ++k) {
      apart.push_back(p[k] - v[k]);
      here += apart[k] * p[k];
    }
    REQUIRE(here - smallest(apart, cap) <= 1e-12 * (1 + scale * scale));
  }
}

TEST_CASE("the smallest of a slope over the capped simplex is found at a corner") {
  const std::vector<double> slope{3, -1, 2, 0};
  CHECK(smallest(slope, 1) == -1);
  CHECK(smallest(slope, 0.5) == -0.5);
  CHECK(smallest(slope, 0.25) == 1);
  CHECK(smallest(slope, 0.4) == Approx(0).margin(1e-12));
}

TEST_CASE("the program's least value is SciPy's, who keeps gamma") {
  for (const auto& one : golden("selection", "selection").at("optima")) {
    const auto n = one.at("n").get<std::int64_t>();
    const double c = one.at("c"), expected = one.at("value");
    INFO("n " << n << ", c " << c);
    const auto moments = moments_of(matrix(one.at("f")));
    const MomentProgram program(moments, n, c);
    const auto found = program.solve(even(50), 1e-8, 100000);
    CHECK(found.gap <= 1e-8);
    const double scale = program.value(at::zeros({50}, torch::kDouble));
    CHECK(std::abs(found.value - expected) <= 2e-8 * scale);
    // The objective with gamma in it is the same.
    const auto apart = moments.each.t().matmul(found.s) - program.gamma(found.s) * moments.mean;
    CHECK(apart.square().sum().item<double>() == Approx(found.value).margin(1e-12 * scale));
    CHECK(program.gamma(found.s).min().item<double>() >= 1 / c - 1e-12);
    CHECK(found.s.sum().item<double>() == Approx(1).margin(1e-9));
  }
}

TEST_CASE("the gap bounds how far a solution is from the best") {
  const auto& one = golden("selection", "selection").at("optima").at(2);
  const auto moments = moments_of(matrix(one.at("f")));
  const MomentProgram program(moments, one.at("n"), one.at("c"));
  const double scale = program.value(at::zeros({50}, torch::kDouble));
  double before = 1e9;
  for (const std::int64_t most : {0, 3, 10, 30}) {
    const auto found = program.solve(even(50), 0, most);
    CHECK(found.steps <= most);
    CHECK(found.value - one.at("value").get<double>() <= found.gap * scale + 1e-12);
    CHECK(found.gap < before);
    before = found.gap;
  }
}

TEST_CASE("the published recipe takes NumPy's steps") {
  const auto& one = golden("selection", "selection").at("recipe");
  const auto moments = moments_of(matrix(one.at("f")));
  CHECK(distance(moments.mean, numbers(one.at("lambda"))) < 1e-8);
  std::vector<double> values;
  const auto best = published_moments(
      moments, one.at("n"), one.at("c"), one.at("lr"), one.at("steps"), numbers(one.at("s")),
      numbers(one.at("gamma")), [&](double value) { values.push_back(value); });
  const auto expected = one.at("values").get<std::vector<double>>();
  for (std::size_t k = 0; k < expected.size(); ++k)
    REQUIRE(values[k] == Approx(expected[k]).epsilon(1e-9));
  CHECK(*std::min_element(values.begin(), values.end()) ==
        Approx(one.at("least").get<double>()).epsilon(1e-7));
  CHECK(distance(best, numbers(one.at("best"))) < 1e-5);
  // The default solver is at least as good.
  const MomentProgram program(moments, one.at("n"), one.at("c"));
  CHECK(program.solve(numbers(one.at("s")), 1e-8, 100000).value <= one.at("least").get<double>());
}

TEST_CASE("the recipe for images takes NumPy's steps, whatever its options") {
  const auto& cases = golden("selection", "selection").at("vision");
  REQUIRE(cases.size() == 6);
  for (const auto& one : cases) {
    INFO(one.at("simplex") << ", squared " << one.at("squared"));
    std::vector<double> values;
    const VisionSettings settings{one.at("c"),        one.at("lr"),      one.at("steps"),
                                  one.at("sparsity"), one.at("squared"), one.at("simplex")};
    const auto last =
        vision_moments(moments_of(matrix(one.at("f"))), settings, numbers(one.at("s")),
                       [&](double value) { values.push_back(value); });
    const auto expected = one.at("values").get<std::vector<double>>();
    REQUIRE(values.size() == expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k)
      REQUIRE(values[k] == Approx(expected[k]).epsilon(1e-9));
    CHECK(distance(last, numbers(one.at("last"))) < 1e-9);
  }
}

TEST_CASE("what cannot be solved is told so") {
  CHECK_THROWS_WITH(moments_of(at::zeros({4, 3})), Catch::Contains("every gradient is zero"));
  CHECK_THROWS_WITH(moments_of(at::full({4, 3}, NAN)), Catch::Contains("not finite"));
  CHECK_THROWS_WITH(MomentProgram(moments_of(at::ones({4, 3})), 5, 0.9),
                    Catch::Contains("there are only 4 samples"));
}

TEST_CASE("identical rows are all alike to the program") {
  const auto moments = moments_of(at::ones({20, 3}));
  const MomentProgram program(moments, 4, 0.9);
  const auto found = program.solve(even(20), 1e-8, 1000);
  CHECK(found.s.sum().item<double>() == Approx(1));
  CHECK(found.value == Approx(program.value(at::full({20}, 0.05, torch::kDouble))));
}
