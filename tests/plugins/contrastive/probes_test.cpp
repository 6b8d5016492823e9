// What is asked of features: neighbors, alignment and uniformity.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/ops/randn.h>

#include "runner/conformance/tiny.h"
#include "stub.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

TEST_CASE("knn weighs the nearest neighbors by exp(cosine / t)") {
  const Info info{{2}, 3};
  const auto model =
      plugins().make<Model>({"knn", {{"k", std::int64_t{3}}, {"temperature", 0.5}}}, &info);
  const auto x = [](std::vector<double> values) {
    return torch::tensor(values, torch::kFloat).view({-1, 2});
  };
  CHECK_THROWS_WITH(model->forward({.input = x({1, 0})}), Catch::Contains("fit the model first"));
  const Samples train{"train", x({1, 0, 3, 4, 0, 2, -1, 0}),
                      torch::tensor({0, 1, 1, 2}, torch::kInt64)};
  CHECK_FALSE(as<Fitted>(*model, "", "").fit(0, train, {}));
  // Cosines 1, 0.6 and 0 of the nearest three; the fourth is the opposite direction.
  const auto shares = model->forward({.input = x({2, 0})}).logits.exp()[0];
  const double a = std::exp(1 / 0.5), b = std::exp(0.6 / 0.5) + std::exp(0.0);
  CHECK(shares[0].item<double>() == Approx(a / (a + b)).epsilon(1e-5));
  CHECK(shares[1].item<double>() == Approx(b / (a + b)).epsilon(1e-5));
  CHECK(shares[2].item<double>() == Approx(1e-12).margin(1e-11));
}

TEST_CASE("contrast has the alignment and uniformity of all pairs, whatever the batch") {
  Parts parts;
  parts.model = std::make_shared<Flat>();
  const auto data = std::make_shared<TinyData>();
  parts.dataset = data;
  const auto ids = data->ids(Split::kTest);
  const auto batch = data->load(ids, {});
  const auto unit = [](const torch::Tensor& x) {
    const auto rows = x.flatten(1).to(torch::kDouble);
    return rows / rows.norm(2, 1, true);
  };
  const auto first = unit(batch.input), second = unit(batch.extra.at("view"));
  double alignment = 0, sum = 0;
  const auto count = first.size(0);
  for (std::int64_t i = 0; i < count; ++i) {
    alignment += (first[i] - second[i]).square().sum().item<double>() / static_cast<double>(count);
    for (std::int64_t k = 0; k < i; ++k)
      sum += std::exp(-2 * (first[i] - first[k]).square().sum().item<double>());
  }
  const auto values = std::get<1>(at::linalg_svd(first, /*full_matrices=*/false));
  const auto share = values / values.sum();
  const double rank = std::exp(-(share * share.clamp_min(1e-300).log()).sum().item<double>());
  double of_class = 0, pairs = 0;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < i; ++k)
      if (batch.target[i].equal(batch.target[k])) {
        of_class += (first[i] - first[k]).square().sum().item<double>();
        ++pairs;
      }
  of_class /= pairs;
  const double uniformity = std::log(sum / (static_cast<double>(count * (count - 1)) / 2));
  for (const std::int64_t size : {3, 20}) {
    const auto contrast = plugins().make<Procedure>({"contrast", {{"batch", size}}}, &data->info());
    CHECK_NOTHROW(contrast->check(parts));
    Rows rows;
    for (std::int64_t k = 0; k < contrast->units(parts); ++k) contrast->advance(k, parts, {}, rows);
    const std::map<std::string, double> found(rows.rows.begin(), rows.rows.end());
    for (const std::string of : {"features", "projections"}) {
      CHECK(found.at("test/alignment/" + of) == Approx(alignment).epsilon(1e-5));
      CHECK(found.at("test/uniformity/" + of) == Approx(uniformity).epsilon(1e-5));
      CHECK(found.at("test/class_alignment/" + of) == Approx(of_class).epsilon(1e-5));
      CHECK(found.at("test/rank/" + of) == Approx(rank).epsilon(1e-4));
    }
  }
}

TEST_CASE("projected refuses an encoder without features, and predicts with a predictor alone") {
  const TinyData data;
  Registry registry = plugins();
  registry.insert({.kind = "model", .name = "bare", .doc = "A test's.", .make = [](const Build&) {
                     return std::static_pointer_cast<Model>(std::make_shared<Bare>());
                   }});
  const auto make = [&](const std::string& encoder) {
    return registry.make<Model>(
        {"projected", {{"encoder", Spec{encoder, {}}}, {"outputs", std::int64_t{5}}}},
        &data.info());
  };
  CHECK_THROWS_WITH(make("bare"), Catch::Contains("the `encoder` gives no features"));
  const auto model = make("conv_encoder");
  const auto features = model->forward(data.load(data.ids(Split::kTrain).first(3), {})).features;
  auto& projector = as<Projector>(*model, "", "");
  CHECK(features.sizes() == at::IntArrayRef{3, 128});
  CHECK(projector.project(features).sizes() == at::IntArrayRef{3, 5});
  CHECK_THROWS_WITH(projector.predict(projector.project(features)),
                    Catch::Contains("has no predictor"));
}
