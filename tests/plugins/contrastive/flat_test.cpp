// Flat pretraining: what the two evaluations of a SAM step see.
#include <catch2/catch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>

#include "assay/sdk/tensors.h"
#include "assay/sdk/training.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Scales the dimensions by weights, and keeps what it sees with gradients.
class Watched final : public Model, public Projector {
 public:
  Watched() { weight = register_parameter("weight", at::ones({4})); }
  Output forward(const Batch& batch) override {
    if (at::GradMode::is_enabled()) {
      inputs.push_back(batch.input.clone());
      weights.push_back(weight.detach().clone());
    } else {
      ++without_gradient;
    }
    return {.features = batch.input * weight};
  }
  torch::Tensor project(const torch::Tensor& features) override { return features; }
  torch::Tensor predict(const torch::Tensor& projections) override { return projections * weight; }

  torch::Tensor weight;
  Tensors inputs, weights;
  int without_gradient = 0;
};

Watched step_with(const std::string& use, double rho) {
  const Info info{{4}, 3};
  Watched model;
  const auto objective = plugins().make<Objective>({use, {}}, &info);
  const auto optimizer =
      plugins().make<Optimizer>({"sam", {{"rho", rho}, {"base", Spec{"sgd", {{"lr", 0.1}}}}}});
  BatchProblem problem(model, *objective, {});
  const auto draw = [](std::uint64_t seed) { return at::randn({6, 4}, Rng(seed).generator()); };
  problem.begin({{.input = draw(1), .extra = {{"view", draw(2)}}}}, {torch::kCPU, Rng(3)}, 1);
  problem.step(*optimizer);
  return model;
}

}  // namespace

TEST_CASE("both evaluations of a SAM step see the same views, at other weights") {
  for (const std::string use : {"nt_xent", "simsiam", "byol", "barlow_twins", "vicreg", "moco"}) {
    INFO(use);
    const auto flat = step_with(use, 0.1);
    const auto passes = flat.inputs.size() / 2;  // per evaluation
    REQUIRE(flat.inputs.size() == 2 * passes);
    REQUIRE(passes > 0);
    for (std::size_t k = 0; k < passes; ++k) {
      CHECK(flat.inputs[k].equal(flat.inputs[passes + k]));
      CHECK_FALSE(flat.weights[k].equal(flat.weights[passes + k]));
    }
    // Targets and keys are made once: of both views by byol, of the second one by moco.
    CHECK(flat.without_gradient == (use == "byol" ? 2 : use == "moco" ? 1 : 0));
  }
}
