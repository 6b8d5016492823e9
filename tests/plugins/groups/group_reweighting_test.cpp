// group_reweighting against the weighted loss as one writes it, by autograd.
#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "tests/support/net.h"

using namespace assay;
using namespace assay::testing;

namespace {

constexpr double kLr = 0.1;

Info sized(std::vector<std::int64_t> sizes) {
  auto info = two_groups();
  info.group_sizes = std::move(sizes);
  return info;
}

torch::Tensor flat(const Tensors& list) {
  Tensors rows;
  for (const auto& tensor : list) rows.push_back(tensor.flatten());
  return at::cat(rows);
}

// The weights of a net after a step on `batches`, one after another in one vector.
torch::Tensor after_step(const std::string& use, Values params, const Info& info,
                         std::vector<Batch> batches) {
  Net net;
  const auto objective = plugins().make<Objective>({"cross_entropy", {}}, &info);
  if (use != "sgd") params["base"] = Spec{"sgd", {{"lr", kLr}}};
  const auto optimizer = plugins().make<Optimizer>({use, std::move(params)}, &info);
  BatchProblem problem(net, *objective, {.groups = info.groups});
  optimizer->check(problem);
  problem.begin(std::move(batches), Context{torch::kCPU, Rng(3)}, 1);
  optimizer->step(problem);
  return flat(net.parameters()).detach();
}

// The same from mean_i weights[group of i] * loss_i.
torch::Tensor by_hand(const std::vector<double>& weights, const Batch& batch) {
  Net net;
  const auto each = at::cross_entropy_loss(net.forward(batch).logits, batch.target, {},
                                           at::Reduction::None);
  const auto loss = (torch::tensor(weights, torch::kDouble).index_select(0, batch.group) * each);
  const auto all = net.parameters();
  const auto gradients = torch::autograd::grad({loss.mean()}, all);
  return (flat(all) - kLr * flat(gradients)).detach();
}

const auto kMixed = random_batch(7, 3, 1, {0, 0, 0, 1, 0, 1, 0});

}  // namespace

TEST_CASE("group_reweighting weighs each sample by its group's inverse frequency") {
  // 30 and 10 samples: N / (2 n_g) is 2/3 and 2.
  const auto info = sized({30, 10});
  CHECK(close(after_step("group_reweighting", {}, info, {kMixed}), by_hand({2 / 3.0, 2}, kMixed)));
  // The square root: weights go as 1 to sqrt(3), and 30 a + 10 sqrt(3) a = 40.
  const double a = 40 / (30 + 10 * std::sqrt(3.0));
  CHECK(close(after_step("group_reweighting", {{"power", 0.5}}, info, {kMixed}),
              by_hand({a, a * std::sqrt(3.0)}, kMixed)));
}

TEST_CASE("group_reweighting weighs alike what comes in one batch and in several") {
  const auto info = sized({30, 10});
  const auto whole = after_step("group_reweighting", {}, info, {kMixed});
  CHECK(close(
      after_step("group_reweighting", {}, info, {part_of(kMixed, 0, 3), part_of(kMixed, 3, 4)}),
      whole));
  const auto one_group = part_of(kMixed, 0, 3);  // the other has no part in it
  CHECK(close(after_step("group_reweighting", {}, info, {one_group}),
              by_hand({2 / 3.0, 2}, one_group)));
}

TEST_CASE("group_reweighting is its base with power 0, and nearly so with groups of one size") {
  const auto plain = after_step("sgd", {{"lr", kLr}}, sized({30, 10}), {kMixed});
  CHECK(after_step("group_reweighting", {{"power", 0.0}}, sized({30, 10}), {kMixed}).equal(plain));
  CHECK(close(after_step("group_reweighting", {}, sized({20, 20}), {kMixed}), plain));
  CHECK_FALSE(close(after_step("group_reweighting", {}, sized({30, 10}), {kMixed}), plain, 1e-3));
}

TEST_CASE("rules over groups refuse a dataset without them, and one that lacks one") {
  const Info none{{3}, 3, 1, {}, {}, {}};
  const auto lacking = sized({40, 0});
  for (const std::string use : {"group_reweighting", "group_dro", "cpt"}) {
    CHECK_THROWS_WITH(plugins().make<Optimizer>({use, {}}, &none),
                      Catch::Contains("a dataset with groups"));
    CHECK_THROWS_WITH(plugins().make<Optimizer>({use, {}}, &lacking),
                      Catch::Contains("the group `right` has no training sample"));
  }
}
