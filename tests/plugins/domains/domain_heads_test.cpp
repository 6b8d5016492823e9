// domain_heads: whose head answers, and what rules over terms do with it.
#include <catch2/catch.hpp>

#include "assay/sdk/simplex.h"
#include "tests/support/net.h"

using namespace assay;
using namespace assay::testing;

namespace {

const Context kHere{torch::kCPU, Rng(3)};

std::shared_ptr<Model> heads() {
  const auto info = two_groups();
  seed_default_generators(Rng(4), torch::kCPU);
  return plugins().make<Model>({"domain_heads", {{"hidden", Integers{5}}}}, &info);
}

Batch mixed() {
  auto batch = random_batch(8, 3, 1, {0, 1, 0, 1, 1, 1, 0, 1});
  batch.input = batch.input.to(torch::kFloat);
  return batch;
}

torch::Tensor joined(const Tensors& list) {
  Tensors flat;
  for (const auto& tensor : list) flat.push_back(tensor.detach().flatten().to(torch::kDouble));
  return at::cat(flat);
}

}  // namespace

TEST_CASE("each sample is answered by the head of its group") {
  const auto model = heads();
  const auto batch = mixed();
  const auto output = model->forward(batch);
  const auto named = model->named_parameters();
  for (std::int64_t b = 0; b < 8; ++b) {
    const auto head = "head" + std::to_string(batch.group[b].item<std::int64_t>());
    const auto expected =
        at::linear(output.features[b], named[head + ".weight"], named[head + ".bias"]);
    CHECK(at::allclose(output.logits[b], expected, 1e-6, 1e-6));
  }
  CHECK_THROWS_WITH(model->forward({.input = batch.input}),
                    Catch::Contains("needs the group of each sample"));
  auto none = two_groups();
  none.groups.clear();
  CHECK_THROWS_WITH(plugins().make<Model>({"domain_heads", {}}, &none),
                    Catch::Contains("the dataset has no groups"));
}

TEST_CASE("mgda weighs the shared layers, and each head follows its own domain") {
  const auto info = two_groups();
  const auto objective = plugins().make<Objective>({"domains", {}}, &info);
  const auto model = heads(), start = heads();
  BatchProblem problem(*model, *objective, {.groups = info.groups});
  CHECK(problem.owners() == std::vector<int>{-1, -1, 0, 0, 1, 1});
  const auto mgda = plugins().make<Optimizer>({"mgda", {{"base", Spec{"sgd", {{"lr", 1.0}}}}}});
  mgda->check(problem);
  problem.begin({mixed()}, kHere, 1);
  const auto parts = problem.gradients(By::kTerm);
  REQUIRE(parts.size() == 2);
  problem.step(*mgda);

  const auto layers = [](const Tensors& all, std::size_t from) {
    return joined({all[from], all[from + 1]});
  };
  const Tensors left{layers(parts[0].gradient, 0)}, right{layers(parts[1].gradient, 0)};
  const auto weights = shortest_in_hull(Gram({&left, &right}));
  CHECK(weights[0] > 0.01);
  CHECK(weights[1] > 0.01);
  const auto before = start->parameters(), after = model->parameters();
  const auto moved = [&](std::size_t from) { return layers(before, from) - layers(after, from); };
  CHECK(close(moved(0), weights[0] * left[0] + weights[1] * right[0], 1e-6));
  CHECK(close(moved(2), layers(parts[0].gradient, 2), 1e-6));
  CHECK(close(moved(4), layers(parts[1].gradient, 4), 1e-6));
  CHECK(layers(parts[1].gradient, 2).abs().max().item<double>() == 0);
}
