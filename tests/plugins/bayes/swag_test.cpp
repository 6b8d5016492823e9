// SWAG's moments and draws against golden numbers, two passes, and a chi-square test.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/ops/diag.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include "assay/callback.h"
#include "assay/sdk/posterior.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

class Weights final : public Model {
 public:
  explicit Weights(std::int64_t size) {
    w = register_parameter("w", torch::zeros({size}, torch::kDouble));
  }
  Output forward(const Batch& batch) override { return {batch.input, {}}; }
  torch::Tensor w;
};

// What `swag` leaves if the weights at the ends of the epochs are `iterates`; it is resumed after
// each of them.
Posterior collected(const Tensors& iterates, const Values& params) {
  Parts parts;
  const auto model = std::make_shared<Weights>(iterates.front().numel());
  parts.model = model;
  auto all = params;
  all["start"] = 0.0;
  const auto make = [&] { return plugins().make<Callback>({"swag", all}); };
  const TrainingSpan span{std::ssize(iterates), 1};
  auto swag = make();
  swag->check(span, parts);
  swag->start(span, parts, {});
  Rows rows;
  for (std::int64_t k = 0; k < span.steps; ++k) {
    {
      const torch::NoGradGuard no_grad;
      model->w.copy_(iterates[static_cast<std::size_t>(k)]);
    }
    swag->after_step(k, parts, {}, rows);
    State state;
    swag->save(state);
    (swag = make())->load(state);
    swag->start(span, parts, {});
  }
  swag->finish(parts, {}, rows);
  return read_posterior(rows.artifacts.at(kPosterior), *model, "fit");
}

Tensors scalars(const std::vector<double>& values) {
  Tensors all;
  for (const double value : values) all.push_back(torch::tensor({value}, torch::kDouble));
  return all;
}

}  // namespace

TEST_CASE("swag gives the golden moments and draws") {
  for (const std::int64_t rank : {3, 20}) {
    auto left = collected(scalars({1, 2, 4}), {{"rank", std::int64_t{3}}});
    CHECK(left.mean[0].item<double>() == Approx(7.0 / 3).epsilon(1e-12));
    CHECK(left.variance[0].item<double>() == Approx(7 - 49.0 / 9).epsilon(1e-12));
    REQUIRE(left.rows() == 3);
    CHECK(left.deviations[0][0].item<double>() == Approx(0).margin(1e-12));
    CHECK(left.deviations[0][1].item<double>() == Approx(0.5).epsilon(1e-12));
    CHECK(left.deviations[0][2].item<double>() == Approx(5.0 / 3).epsilon(1e-12));
    CHECK(left.scale == 0.5);
    left.rank = rank;
    const Noise noise{scalars({0.5}), torch::tensor({1.0, -1.0, 2.0}, torch::kDouble)};
    const auto draw = [&](double scale) {
      return draw_weights(left, scale, noise)[0].item<double>();
    };
    const auto formula = [&](double scale) {
      const double low_rank =
          (0 * 1 - 0.5 + 2 * 5.0 / 3) / std::sqrt(static_cast<double>(rank - 1));
      return 7.0 / 3 + std::sqrt(scale) * (std::sqrt(14.0 / 9) * 0.5 + low_rank);
    };
    for (const double scale : {0.1, 0.5, 1.0})
      CHECK(draw(scale) == Approx(formula(scale)).epsilon(1e-12));
    CHECK(draw(0.5) == Approx(rank == 3 ? 4.190958552 : 3.233919245).epsilon(1e-9));
    CHECK(draw(0.1) == Approx(rank == 3 ? 3.164088586 : 2.736087597).epsilon(1e-9));
    CHECK(draw(1) == Approx(rank == 3 ? 4.960412111 : 3.606954144).epsilon(1e-9));
  }
}

TEST_CASE("swag's variance is that of two passes, also around a large mean") {
  Tensors iterates;
  for (std::uint64_t k = 0; k < 30; ++k)
    iterates.push_back(1e4 + 1e-3 * at::randn({5}, Rng(k).generator(), torch::kDouble));
  const auto left = collected(iterates, {{"rank", std::int64_t{0}}});
  const auto all = at::stack(iterates), mean = all.mean(0);
  CHECK((left.mean[0] - mean).abs().max().item<double>() < 1e-9);
  const auto variance = (all - mean).square().mean(0);
  CHECK(((left.variance[0] - variance) / variance).abs().max().item<double>() < 1e-6);
  CHECK(left.rows() == 0);
  CHECK(left.scale == 1);
}

TEST_CASE("swag keeps the last rows only, each from the mean at its time") {
  const auto left = collected(scalars({1, 2, 4, 0}), {{"rank", std::int64_t{2}}});
  REQUIRE(left.rows() == 2);
  CHECK(left.deviations[0][0].item<double>() == Approx(5.0 / 3).epsilon(1e-12));
  CHECK(left.deviations[0][1].item<double>() == Approx(-1.75).epsilon(1e-12));
}

TEST_CASE("draws have the covariance that they are said to have") {
  // scale (diag(variance) + D^T D / (K - 1)) of three weights; 100,000 draws.
  Posterior posterior{.names = {"w"}, .rank = 4, .scale = 0.5};
  posterior.mean = {torch::tensor({1.0, -2.0, 0.5}, torch::kDouble)};
  posterior.variance = {torch::tensor({0.2, 1.0, 0.05}, torch::kDouble)};
  posterior.deviations = {at::randn({3, 3}, Rng(2).generator(), torch::kDouble)};
  const auto& D = posterior.deviations[0];
  const auto covariance = 0.5 * (at::diag(posterior.variance[0]) + D.t().mm(D) / 3);
  const std::int64_t n = 100000;
  Tensors draws;
  for (std::int64_t k = 0; k < n; ++k)
    draws.push_back(draw_weights(
        posterior, 0.5, draw_noise(posterior, Rng(9).fork(static_cast<std::uint64_t>(k))))[0]);
  const auto centred = at::stack(draws) - posterior.mean[0];
  // x^T C^-1 x has a chi-square distribution of 3 degrees: mean 3, variance 6.
  const auto distances = (centred.mm(covariance.inverse()) * centred).sum(1);
  CHECK(std::abs(distances.mean().item<double>() - 3) < 4 * std::sqrt(6.0 / n));
  CHECK(distances.var().item<double>() == Approx(6).epsilon(0.05));
  const auto found = centred.t().mm(centred) / n;
  // The deviation of an entry of a sample covariance.
  const auto d = covariance.diagonal();
  const auto error = ((at::outer(d, d) + covariance.square()) / n).sqrt();
  CHECK(((found - covariance) / error).abs().max().item<double>() < 4);
  CHECK((centred.mean(0) / (d / n).sqrt()).abs().max().item<double>() < 4);
}

TEST_CASE("swag with fewer sets than its rank is refused before the first step") {
  CHECK_THROWS_WITH(
      collected(scalars({1, 2}), {{"rank", std::int64_t{3}}}),
      Catch::Matchers::Contains("collects 2 set(s)") && Catch::Matchers::Contains("needs 3"));
  CHECK_THROWS_WITH(plugins().make<Callback>({"swag", {{"rank", std::int64_t{1}}}}),
                    Catch::Matchers::Contains("rank - 1"));
}

TEST_CASE("a weight without dimensions may have deviations") {
  Posterior posterior{.names = {"t"}, .rank = 3};
  posterior.mean = {torch::tensor(1.0, torch::kDouble)};
  posterior.variance = {torch::tensor(0.0, torch::kDouble)};
  posterior.deviations = {torch::tensor({1.0, 2.0, 3.0}, torch::kDouble)};
  const Noise noise{{torch::tensor(0.0, torch::kDouble)},
                    torch::tensor({1.0, 1.0, 1.0}, torch::kDouble)};
  CHECK(draw_weights(posterior, 2, noise)[0].item<double>() == Approx(1 + 6));
}

TEST_CASE("a posterior that does not fit is refused with what is wrong") {
  const Weights model(2);
  const auto artifact = [](at::IntArrayRef shape, double variance) {
    return to_artifact({.names = {"w"},
                        .mean = {torch::zeros(shape, torch::kDouble)},
                        .variance = {torch::full(shape, variance, torch::kDouble)}});
  };
  CHECK_NOTHROW(read_posterior(artifact({2}, 1), model, "fit"));
  CHECK_THROWS_WITH(read_posterior(artifact({3}, 1), model, "fit"),
                    Catch::Matchers::Contains("of another architecture"));
  CHECK_THROWS_WITH(read_posterior(artifact({2}, 0), model, "fit"),
                    Catch::Matchers::Contains("variance of 0 everywhere"));
  CHECK_THROWS_WITH(read_posterior(artifact({2}, -1), model, "fit"),
                    Catch::Matchers::Contains("variance below 0"));
  CHECK_THROWS_WITH(read_posterior(artifact({2}, NAN), model, "fit"),
                    Catch::Matchers::Contains("NaN"));
  auto uneven = artifact({2}, 1);
  uneven.erase("mean/w");
  CHECK_THROWS_WITH(read_posterior(uneven, model, "fit"),
                    Catch::Matchers::Contains("neither `mean/...`"));
  auto scaled = artifact({2}, 1);
  scaled["scale"] = torch::tensor(-1.0, torch::kDouble);
  CHECK_THROWS_WITH(read_posterior(scaled, model, "fit"), Catch::Matchers::Contains("`scale`"));
  CHECK_THROWS_WITH(
      read_posterior({{"samples/a", torch::zeros({6, 2})}, {"samples/b", torch::zeros({4, 2})}},
                     model, "fit"),
      Catch::Matchers::Contains("numbers of rows"));
  CHECK_THROWS_WITH(read_posterior({{"ids", torch::zeros({2})}}, model, "fit"),
                    Catch::Matchers::Contains("neither `mean/...`"));
}
