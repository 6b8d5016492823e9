// The norm of a list is that of its concatenation.
#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/rng.h"
#include "assay/tensors.h"

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
