// Sketches keep lengths and inner products as their bounds say, and are one matrix however a
// gradient comes.
#include <catch2/catch.hpp>

#include <cmath>

#include "assay/error.h"
#include "selection/select/sketches/sketch.h"

using namespace selection;

namespace {

constexpr const char* kAll[] = {"gaussian", "sparse_sign", "count", "hadamard", "kronecker"};

torch::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, assay::Rng(seed).generator(), torch::TensorOptions(torch::kFloat));
}

torch::Tensor image(const Sketch& sketch, const torch::Tensor& x, std::int64_t m) {
  auto out = at::zeros({x.size(0), m});
  sketch.add(x, 0, out);
  return out;
}

// Mean and deviation of |Gamma^T x|^2 / |x|^2 over seeds.
std::pair<double, double> lengths(const std::string& name, const torch::Tensor& x, std::int64_t m) {
  std::vector<double> all;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto y = image(*sketch_of(name, m, assay::Rng(seed)), x, m);
    all.push_back((y.square().sum() / x.square().sum()).item<double>());
  }
  const auto t = torch::tensor(all, torch::kDouble);
  return {t.mean().item<double>(), t.std().item<double>()};
}

}  // namespace

TEST_CASE("lengths are kept in the mean, and spread as the square root of 2 / m") {
  const auto x = normal({1, 700}, 5);
  for (const std::string name : kAll) {
    for (const std::int64_t m : {16, 64}) {
      INFO(name << " " << m);
      const auto [mean, deviation] = lengths(name, x, m);
      const double expected = std::sqrt(2 / static_cast<double>(m));
      CHECK(mean == Approx(1).margin(4 * expected / 20));
      CHECK(deviation > 0.7 * expected);
      CHECK(deviation < 1.3 * expected);
    }
  }
}

TEST_CASE("a vector along one axis keeps its length, however few entries its row has") {
  auto x = at::zeros({1, 5000});
  x[0][4321] = 3;
  for (const std::string name : {"sparse_sign", "count", "hadamard"})
    CHECK(image(*sketch_of(name, 64, assay::Rng(1)), x, 64).square().sum().item<double>() ==
          Approx(9).epsilon(1e-5));
}

TEST_CASE("inner products of many vectors are kept to the bound of Johnson and Lindenstrauss") {
  const auto x = normal({40, 3000}, 6) / std::sqrt(3000.0);
  const auto exact = x.matmul(x.t());
  for (const std::string name : kAll) {
    double before = 1e9;
    for (const std::int64_t m : {64, 256, 1024}) {
      const auto y = image(*sketch_of(name, m, assay::Rng(2)), x, m);
      const double worst = (y.matmul(y.t()) - exact).abs().max().item<double>();
      INFO(name << " " << m << " " << worst);
      // 820 products, each within sqrt(8 log(2 * 820) / m) but for a chance of one in 820.
      CHECK(worst < std::sqrt(8 * std::log(2 * 820.0) / static_cast<double>(m)));
      CHECK(worst < before);
      before = worst;
    }
  }
}

TEST_CASE("the image of a whole is the sum of those of its parts") {
  const auto x = normal({3, 9000}, 7);
  for (const std::string name : kAll) {
    INFO(name);
    const auto sketch = sketch_of(name, 32, assay::Rng(3));
    const auto whole = image(*sketch, x, 32);
    auto parts = at::zeros({3, 32});
    for (const auto& [from, to] :
         {std::pair{0, 1}, {1, 510}, {510, 4100}, {4100, 8999}, {8999, 9000}})
      sketch->add(x.slice(1, from, to), from, parts);
    CHECK(at::allclose(whole, parts, 1e-4, 1e-3));
    CHECK_FALSE(at::allclose(whole, image(*sketch_of(name, 32, assay::Rng(4)), x, 32), 1e-1, 1e-1));
    CHECK(at::equal(whole, image(*sketch_of(name, 32, assay::Rng(3)), x, 32)));
  }
}

TEST_CASE("an outer product has the image of what it multiplies out to") {
  const auto left = normal({4, 7, 30}, 8), right = normal({4, 7, 50}, 9);
  const auto product = at::bmm(left.transpose(1, 2), right).reshape({4, 1500});
  for (const std::string name : {"gaussian", "sparse_sign", "count", "hadamard"}) {
    INFO(name);
    const auto sketch = sketch_of(name, 16, assay::Rng(5));
    auto outer = at::zeros({4, 16}), flat = at::zeros({4, 16});
    sketch->add_outer(left, right, 777, outer);
    sketch->add(product, 777, flat);
    CHECK(at::allclose(outer, flat, 1e-3, 1e-2));
  }
}

TEST_CASE("the Kronecker sketch keeps lengths and products of sums of outer products") {
  for (const std::int64_t places : {1, 6, 400}) {  // either way round
    const auto left = normal({2, places, 20}, 10), right = normal({2, places, 30}, 11);
    const auto product = at::bmm(left.transpose(1, 2), right).reshape({2, -1});
    const auto exact = product.matmul(product.t());
    auto sum = at::zeros({2, 2});
    constexpr int kSeeds = 300;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      auto out = at::zeros({2, 64});
      kronecker_sketch(64, assay::Rng(seed))->add_outer(left, right, 0, out);
      sum += out.matmul(out.t()) / kSeeds;
    }
    // Of 8 / m at most for each length, over so many seeds.
    const double bound = 4 * std::sqrt(8.0 / 64 / kSeeds) * exact.diagonal().max().item<double>();
    CHECK((sum - exact).abs().max().item<double>() < bound);
  }
}

TEST_CASE("a sketch that cannot be is told so") {
  CHECK_THROWS_WITH(sketch_of("fourier", 8, assay::Rng(0)),
                    Catch::Contains("available are gaussian"));
  CHECK_THROWS_WITH(sparse_sign_sketch(8, 9, assay::Rng(0)),
                    Catch::Contains("expected 1 to the length"));
}
