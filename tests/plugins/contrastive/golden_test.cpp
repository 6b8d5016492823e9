// Contrastive objectives against lightly, and the numbers of the method notes:
// tests/python/golden_contrastive.py.
#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include "assay/objective.h"
#include "core/runtime/runtime.h"

#include "stub.h"
#include "tests/support/golden.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

torch::Tensor rows_of(const nlohmann::json& rows) {
  std::vector<double> all;
  for (const auto& row : rows)
    for (const auto& value : row) all.push_back(value.get<double>());
  return torch::tensor(all, torch::kDouble).view({std::ssize(rows), -1});
}

// The loss of projections, and its gradient in both views.
struct Evaluated {
  double loss;
  torch::Tensor first, second;
};

Evaluated evaluate(const Spec& spec, const torch::Tensor& first, const torch::Tensor& second,
                   const torch::Tensor& target = {}, bool bf16 = false) {
  const Info info{{first.size(1)}, 10};
  auto a = first.clone().requires_grad_(), b = second.clone().requires_grad_();
  Same model;
  const auto objective = plugins().make<Objective>(spec, &info);
  const Batch batch{.input = a, .target = target, .extra = {{"view", b}}};
  const auto terms = [&] {  // as a step does: gradients are taken outside of autocast
    const Autocast autocast(bf16, torch::kCPU);
    return objective->evaluate(model, batch, {});
  }();
  torch::Tensor loss;
  for (const auto& term : terms) {
    const auto value = term.weight * term.value;
    loss = loss.defined() ? loss + value : value;
  }
  loss.backward();
  return {loss.item<double>(), a.grad(), b.grad()};
}

void check_close(const Evaluated& found, const nlohmann::json& golden) {
  CHECK(found.loss == Approx(golden.at("loss").get<double>()).epsilon(1e-12));
  CHECK((found.first - rows_of(golden.at("gradients").at(0))).abs().max().item<double>() < 1e-12);
  CHECK((found.second - rows_of(golden.at("gradients").at(1))).abs().max().item<double>() < 1e-12);
}

}  // namespace

TEST_CASE("contrastive losses and their gradients are those of lightly") {
  const auto& answers = golden("contrastive", "contrastive");
  for (const auto& [name, golden] : answers.items()) {
    INFO(name);
    const auto use = name.substr(0, name.find('/'));
    Spec spec{use == "supervised" ? "supervised_contrastive" : use, {}};
    if (name != use) spec.params["temperature"] = std::stod(name.substr(use.size() + 1));
    torch::Tensor target;
    if (golden.contains("target"))
      target = torch::tensor(golden.at("target").get<std::vector<std::int64_t>>(), torch::kInt64);
    const auto& inputs = golden.at("inputs");
    check_close(evaluate(spec, rows_of(inputs.at(0)), rows_of(inputs.at(1)), target), golden);
  }
}

TEST_CASE("nt_xent has the golden loss of four projections") {
  const auto rows = torch::tensor({1.0, 0.0, 0.0, 1.0, 0.6, 0.8, -0.6, 0.8}, torch::kDouble);
  const auto z = rows.view({4, 2});
  const auto found =
      evaluate({"nt_xent", {{"temperature", 0.5}}}, z.narrow(0, 0, 2), z.narrow(0, 2, 2));
  CHECK(found.loss == Approx(0.642892932).epsilon(1e-9));
}

TEST_CASE("nt_xent of equal projections is log(2N - 1), at any temperature and precision") {
  for (const auto type : {torch::kFloat, torch::kDouble})
    for (const double temperature : {0.05, 0.5}) {
      const auto z = torch::full({9, 5}, 3.0, type);
      const auto found = evaluate({"nt_xent", {{"temperature", temperature}}}, z, z);
      CHECK(found.loss == Approx(std::log(17)).epsilon(1e-6));
      CHECK(found.first.isfinite().all().item<bool>());
    }
}

TEST_CASE("losses over the batch do not depend on the order of its samples") {
  const auto generator = Rng(3).generator();
  const auto a = at::randn({10, 6}, generator, torch::kDouble),
             b = at::randn({10, 6}, generator, torch::kDouble);
  const auto target = torch::tensor({0, 1, 2, 0, 1, 2, 0, 1, 2, 0}, torch::kInt64);
  const auto order = at::randperm(10, generator);
  const auto mixed = [&](const torch::Tensor& x) { return x.index_select(0, order); };
  for (const std::string use : {"nt_xent", "supervised_contrastive", "barlow_twins", "vicreg"}) {
    INFO(use);
    const auto whole = evaluate({use, {}}, a, b, target);
    const auto other = evaluate({use, {}}, mixed(a), mixed(b), mixed(target));
    CHECK(other.loss == Approx(whole.loss).epsilon(1e-12));
    CHECK((other.first - mixed(whole.first)).abs().max().item<double>() < 1e-12);
  }
}

TEST_CASE("losses and gradients of projections keep their precision under autocast") {
  const auto first = 3 * at::randn({16, 8}, Rng(1).generator(), torch::kFloat);
  const auto second = first + 0.3 * at::randn({16, 8}, Rng(2).generator(), torch::kFloat);
  for (const std::string use : {"nt_xent", "barlow_twins", "vicreg", "simsiam"}) {
    INFO(use);
    const auto plain = evaluate({use, {}}, first, second);
    const auto mixed = evaluate({use, {}}, first, second, {}, /*bf16=*/true);
    CHECK(mixed.loss == Approx(plain.loss).epsilon(1e-6));
    CHECK((mixed.first - plain.first).abs().max().item<double>() < 1e-6);
  }
}
