// Laplace's approximation: exact for linear regression, and by the Hessian of a softmax regression.
#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

#include <ATen/ops/diag.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/kron.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logdet.h>
#include <ATen/ops/ones.h>

#include "assay/sdk/posterior.h"
#include "runner/conformance/tiny.h"
#include "tests/support/table.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Rows of x with real targets y, all of them in training.
class Regression final : public Dataset {
 public:
  Regression(torch::Tensor x, torch::Tensor y) : x_(std::move(x)), y_(std::move(y)) {
    info_ = Info{.input_shape = {x_.size(1)}, .targets = y_.size(1), .group_sizes = {x_.size(0)}};
    for (std::int64_t k = 0; k < x_.size(0); ++k) ids_.push_back(k);
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    if (split == Split::kTrain) return ids_;
    return {};
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto rows = torch::tensor(Table::Ids(ids.begin(), ids.end()), torch::kInt64);
    return {x_.index_select(0, rows), y_.index_select(0, rows), rows, at::zeros_like(rows)};
  }

 private:
  torch::Tensor x_, y_;
  Info info_;
  Table::Ids ids_;
};

struct Found {
  Posterior posterior;
  std::map<std::string, double> rows;
};

// In batches of 7; after each of them it is resumed.
Found go(const std::shared_ptr<Dataset>& data, const std::shared_ptr<Layer>& model, Values params) {
  Parts parts;
  parts.dataset = data;
  parts.model = model;
  params["batch"] = std::int64_t{7};
  const auto make = [&] { return plugins().make<Procedure>({"laplace", params}); };
  auto laplace = make();
  Rows rows;
  const auto units = laplace->units(parts);
  for (std::int64_t unit = 0; unit < units; ++unit) {
    laplace->advance(unit, parts, {torch::kCPU, Rng(3)}, rows);
    State state;
    laplace->save(state);
    (laplace = make())->load(state);
  }
  return {read_posterior(rows.artifacts.at(kPosterior), *model, "fit"),
          {rows.rows.begin(), rows.rows.end()}};
}

// Of theta = [weight, bias], output by output. Names are in alphabetical order.
torch::Tensor covariance_of(const Posterior& posterior) {
  REQUIRE(posterior.names == Strings{"bias", "weight"});
  if (posterior.rows() == 0)
    return at::diag(
        at::cat({posterior.variance[1], posterior.variance[0].unsqueeze(1)}, 1).flatten());
  const auto rows =
      at::cat({posterior.deviations[1], posterior.deviations[0].unsqueeze(2)}, 2).flatten(1);
  return rows.t().mm(rows) / static_cast<double>(posterior.rank - 1);
}

torch::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, Rng(seed).generator(), torch::kDouble);
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("laplace is the exact posterior of a linear regression") {
  const auto x = random({20, 3}, 1), y = random({20, 1}, 2);
  const double noise = 0.5, d = 2;
  const auto phi = at::cat({x, at::ones({20, 1}, torch::kDouble)}, 1);
  const auto precision = phi.t().mm(phi) / (noise * noise) + d * at::eye(4, torch::kDouble);
  const auto model = std::make_shared<Layer>(3, 1);
  const auto mean = precision.inverse().mm(phi.t()).mm(y).t() / (noise * noise);  // the MAP
  {
    const torch::NoGradGuard no_grad;
    model->weight.copy_(mean.narrow(1, 0, 3));
    model->bias.copy_(mean.select(1, 3));
  }
  const auto data = std::make_shared<Regression>(x, y);
  for (const std::string structure : {"full", "kronecker"}) {
    const auto found =
        go(data, model,
           {{"covariance", structure}, {"prior_precision", d}, {"noise_deviation", noise}});
    CHECK(largest_difference(covariance_of(found.posterior), precision.inverse()) < 1e-12);
    // The evidence of a Gaussian model: y ~ N(0, noise^2 I + phi phi^T / d).
    const auto of_y = noise * noise * at::eye(20, torch::kDouble) + phi.mm(phi.t()) / d;
    const double evidence =
        -0.5 * (y.t().mm(of_y.inverse()).mm(y).item<double>() + at::logdet(of_y).item<double>() +
                20 * std::log(2 * std::numbers::pi));
    CHECK(found.rows.at("laplace/log_evidence") == Approx(evidence).epsilon(1e-10));
  }
  const auto diagonal = go(data, model,
                           {{"covariance", std::string("diagonal")},
                            {"prior_precision", d},
                            {"noise_deviation", noise}});
  CHECK(largest_difference(covariance_of(diagonal.posterior), at::diag(1 / precision.diagonal())) <
        1e-12);
}

TEST_CASE("laplace has the Hessian of a softmax regression, and its Kronecker factors") {
  const auto x = random({30, 2}, 5);
  const Table::Ids y = [&] {
    Table::Ids all;
    for (std::int64_t k = 0; k < 30; ++k) all.push_back(k % 3);
    return all;
  }();
  const auto data = std::make_shared<Table>(x, y, Table::Ids(30, 0), Info{{2}, 3, 1, {}, {}, {}},
                                            std::array<Table::Ids, 3>{range(0, 30), {}, {}});
  const auto model = std::make_shared<Layer>(2, 3);
  {
    const torch::NoGradGuard no_grad;
    model->weight.copy_(random({3, 2}, 6));
    model->bias.copy_(random({3}, 7));
  }
  // The Hessian by finite differences of the gradient of the sum of the losses.
  const auto phi = at::cat({x, at::ones({30, 1}, torch::kDouble)}, 1);
  const auto theta = at::cat({model->weight, model->bias.unsqueeze(1)}, 1).detach().flatten();
  const auto gradient = [&](const torch::Tensor& at) {
    const auto p = phi.mm(at.view({3, 3}).t()).softmax(1);
    const auto hot = torch::zeros({30, 3}, torch::kDouble)
                         .scatter_(1, torch::tensor(y, torch::kInt64).unsqueeze(1), 1.0);
    return (p - hot).t().mm(phi).flatten();
  };
  auto H = torch::zeros({9, 9}, torch::kDouble);
  for (std::int64_t i = 0; i < 9; ++i) {
    auto up = theta.clone(), down = theta.clone();
    up[i] += 1e-5;
    down[i] -= 1e-5;
    H.select(0, i).copy_((gradient(up) - gradient(down)) / 2e-5);
  }
  const auto prior = 0.3 * at::eye(9, torch::kDouble);
  const auto full =
      go(data, model, {{"covariance", std::string("full")}, {"prior_precision", 0.3}});
  CHECK(largest_difference(covariance_of(full.posterior), (H + prior).inverse()) < 1e-7);
  const auto diagonal =
      go(data, model, {{"covariance", std::string("diagonal")}, {"prior_precision", 0.3}});
  CHECK(largest_difference(covariance_of(diagonal.posterior), at::diag(1 / (H.diagonal() + 0.3))) <
        1e-7);
  const auto p = phi.mm(theta.view({3, 3}).t()).softmax(1);
  const auto B = at::diag(p.sum(0)) - p.t().mm(p), A = phi.t().mm(phi) / 30;
  const auto kronecker =
      go(data, model, {{"covariance", std::string("kronecker")}, {"prior_precision", 0.3}});
  CHECK(largest_difference(covariance_of(kronecker.posterior), (at::kron(B, A) + prior).inverse()) <
        1e-9);
  // log p(y | theta) - d |theta|^2 / 2 + (n log d - log |H + d|) / 2
  const double likelihood = at::log_softmax(phi.mm(theta.view({3, 3}).t()), 1)
                                .gather(1, torch::tensor(y, torch::kInt64).unsqueeze(1))
                                .sum()
                                .item<double>();
  for (const auto& [found, curvature] :
       {std::pair{&full, H}, std::pair{&kronecker, at::kron(B, A)}})
    CHECK(found->rows.at("laplace/log_evidence") ==
          Approx(likelihood - 0.15 * theta.square().sum().item<double>() +
                 (9 * std::log(0.3) - at::logdet(curvature + prior).item<double>()) / 2)
              .epsilon(1e-8));
  // Chosen by the evidence: no neighbor on the grid has a larger one.
  const auto chosen = go(data, model, {{"covariance", std::string("full")}});
  const double best = chosen.rows.at("laplace/prior_precision");
  for (const double factor : {std::pow(10.0, 0.05), std::pow(10.0, -0.05)})
    CHECK(go(data, model, {{"covariance", std::string("full")}, {"prior_precision", best * factor}})
              .rows.at("laplace/log_evidence") <= chosen.rows.at("laplace/log_evidence"));
}
