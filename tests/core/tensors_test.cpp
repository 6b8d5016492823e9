// The norm of a list is that of its concatenation.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/error.h"
#include "assay/rng.h"
#include "assay/sdk/tensors.h"

using namespace assay;

TEST_CASE("norm is that of all elements together, whatever their layout") {
  CHECK(norm({}) == 0);
  CHECK(norm({torch::tensor({3.0}), torch::tensor(4.0)}) == 5);
  const auto x = at::randn({20, 30}, Rng(1).generator(), torch::kDouble);
  const auto y = at::randn({7}, Rng(2).generator(), torch::kDouble);
  const double together = at::cat({x.reshape(-1), y}).norm().item<double>();
  CHECK(norm({x, y}) == Approx(together).epsilon(1e-14));
  CHECK(norm({x.t(), y}) == Approx(together).epsilon(1e-14));
}

TEST_CASE("a norm whose squares overflow in float is a number all the same") {
  CHECK(norm({torch::full({2}, 3e30F)}) == Approx(3e30 * std::sqrt(2.0)).epsilon(1e-6));
  CHECK(std::isnan(norm({torch::tensor({1.0F, NAN})})));
  CHECK(std::isinf(norm({torch::tensor({1.0F, INFINITY})})));
}

namespace {

// Lists of awkward sizes: empty, one, a block, a block and one, many; one transposed.
Tensors awkward(std::uint64_t seed, torch::Dtype type) {
  Tensors list;
  for (const std::int64_t size : {0, 1, 15, 17, 4096, 4097, 50'000})
    list.push_back(at::randn({size}, Rng(seed).fork(list.size()).generator(), type));
  list.push_back(at::randn({30, 20}, Rng(seed).generator(), type).t());
  list.push_back(at::randn({}, Rng(seed).fork("scalar").generator(), type));
  return list;
}

double naive_dot(const Tensors& a, const Tensors& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (a[i].to(torch::kDouble) * b[i].to(torch::kDouble)).sum().item<double>();
  return sum;
}

}  // namespace

TEST_CASE("inner products, sums and moves of lists are those of their tensors") {
  for (const auto type : {torch::kDouble, torch::kFloat, torch::kBFloat16}) {
    INFO(type);
    const double tolerance = type == torch::kDouble ? 1e-12 : type == torch::kFloat ? 1e-5 : 0.02;
    const auto a = awkward(1, type), b = awkward(2, type), c = awkward(3, type);
    const std::vector<const Tensors*> lists{&a, &b, &c};
    const Gram gram(lists);
    const double scale = std::sqrt(naive_dot(a, a) * naive_dot(b, b));
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        CHECK(gram(i, j) == Approx(naive_dot(*lists[i], *lists[j])).margin(tolerance * scale));
    CHECK(gram.of({2, 0})(0, 1) == gram(2, 0));
    const auto sum = weighted_sum(lists, {2, -0.5, 0});
    Tensors direction;
    for (const auto& tensor : b) direction.push_back(at::empty_like(tensor).copy_(tensor));
    const auto* memory = direction[4].const_data_ptr();
    const auto there = add_scaled(a, direction, -0.25);
    if (type != torch::kBFloat16) CHECK(there[4].const_data_ptr() == memory);
    for (std::size_t i = 0; i < a.size(); ++i) {
      CHECK(at::allclose(sum[i], 2 * a[i] - 0.5 * b[i], tolerance, tolerance));
      CHECK(at::allclose(there[i], a[i] - 0.25 * b[i], tolerance, tolerance));
      CHECK(sum[i].strides() == a[i].strides());
    }
  }
  CHECK_THROWS_AS(weighted_sum({}, {}), Error);
  const Tensors one{torch::ones({2})}, other{torch::ones({3})};
  CHECK_THROWS_AS(Gram({&one, &other}), Error);
  CHECK_THROWS_AS(weighted_sum({&one}, {1, 2}), Error);
}

TEST_CASE("sums over lists do not depend on the number of threads") {
  const auto a = awkward(1, torch::kFloat), b = awkward(2, torch::kFloat);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = Gram({&a, &b}).values();
  at::set_num_threads(3);
  const auto together = Gram({&a, &b}).values();
  at::set_num_threads(before);
  CHECK(alone == together);
}
