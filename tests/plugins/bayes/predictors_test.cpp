// The predictors `posterior` and `monte_carlo`, and what `collect_samples` keeps.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/ops/full_like.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <torch/nn/modules/batchnorm.h>

#include "assay/callback.h"
#include "assay/sdk/batch_norm.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/tensors.h"
#include "runner/conformance/earlier_stage.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Batch norm and a linear layer.
class Normed final : public Model {
 public:
  Normed() {
    norm_ = register_module("norm", torch::nn::BatchNorm1d(64));
    weight =
        register_parameter("weight", at::randn({3, 64}, Rng(1).generator(), torch::kFloat) / 8);
  }
  Output forward(const Batch& batch) override {
    return {norm_->forward(batch.input.flatten(1)).matmul(weight.t()), {}};
  }
  torch::Tensor weight;

 private:
  torch::nn::BatchNorm1d norm_{nullptr};
};

Posterior around(const Model& model, double variance) {
  Posterior posterior;
  for (const auto& [name, w] : trained_parameters(model)) {
    posterior.names.push_back(name);
    posterior.mean.push_back(w.detach().clone());
    posterior.variance.push_back(at::full_like(w, variance));
  }
  return posterior;
}

struct Bench {
  Parts parts;
  std::shared_ptr<TinyData> data = std::make_shared<TinyData>();
  std::shared_ptr<EarlierStage> before = std::make_shared<EarlierStage>();

  explicit Bench(std::shared_ptr<Model> model) {
    parts.model = std::move(model);
    parts.dataset = data;
  }
  std::shared_ptr<Predictor> make(Values params) const {
    params["stage"] = std::string("fit");
    return std::static_pointer_cast<Predictor>(plugins().make(
        "predictor", {"posterior", params}, {.info = &data->info(), .inputs = before}));
  }
  Predictions go(std::shared_ptr<Predictor> predictor, Keeps keeps = {}) {
    PredictionLoop loop(std::move(predictor), data, Split::kTest, 8, keeps);
    for (std::int64_t unit = 0; unit < loop.units(); ++unit)
      loop.advance(unit, parts, {torch::kCPU, Rng(6)});
    return loop.finish();
  }
};

Values several(std::int64_t samples) {
  return {{"samples", samples}};
}

}  // namespace

TEST_CASE("the predictor `posterior` averages probabilities over draws of the weights") {
  Bench bench(std::make_shared<Normed>());
  bench.before->artifacts[kPosterior] = to_artifact(around(*bench.parts.model, 0.01));
  const auto start = copies(tensors_of(*bench.parts.model));
  const auto all = bench.go(bench.make(several(4)), {.members = true});
  CHECK(same(start, tensors_of(*bench.parts.model)));
  REQUIRE(all.members.size(0) == 4);
  const auto mean = at::logsumexp(all.members.to(torch::kDouble), {0}) - std::log(4.0);
  CHECK((all.log_probability - mean).abs().max().item<double>() < 1e-6);
  CHECK((all.members[0] - all.members[1]).abs().max().item<double>() > 0.01);
}

TEST_CASE("each draw has batch-norm statistics of its own, if they are asked for") {
  Bench bench(std::make_shared<Normed>());
  auto& model = *bench.parts.model;
  bench.before->artifacts[kPosterior] = to_artifact(around(model, 0.01));
  const auto refreshed = bench.go(bench.make({{"samples", std::int64_t{2}}, {"scale", 0.0}}));
  const auto stale = bench.go(
      bench.make({{"samples", std::int64_t{2}}, {"scale", 0.0}, {"refresh_batch_norm", false}}));
  const auto plain = bench.go(std::make_shared<OnePass>());
  CHECK(stale.log_probability.equal(plain.log_probability));  // scale 0: the mean alone
  CHECK_FALSE(refreshed.log_probability.equal(plain.log_probability));
  // By hand: the statistics of the training split for these weights.
  const auto pass = Context{torch::kCPU, Rng(6).fork("pass").fork(0)};
  const auto buffers = batch_norm_buffers(model, model.parameters(), *bench.data, 256, pass);
  const torch::NoGradGuard no_grad;
  const auto own = model.buffers();
  for (std::size_t i = 0; i < own.size(); ++i) own[i].copy_(buffers[i]);
  CHECK(bench.go(std::make_shared<OnePass>()).log_probability.equal(refreshed.log_probability));
}

TEST_CASE("kept samples are used as they are, spread evenly") {
  Bench bench(std::make_shared<TinyModel>(0));
  auto& model = *bench.parts.model;
  Posterior kept;
  for (const auto& [name, w] : trained_parameters(model)) {
    Tensors sets;
    for (int k = 0; k < 6; ++k) sets.push_back(w.detach() * k);
    kept.names.push_back(name);
    kept.samples.push_back(at::stack(sets));
  }
  bench.before->artifacts[kPosterior] = to_artifact(kept);
  const auto found = bench.go(bench.make(several(3)), {.members = true});
  const auto start = clone(model.parameters());
  for (int k = 0; k < 3; ++k) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < start.size(); ++i) model.parameters()[i].copy_(start[i] * 2 * k);
    CHECK((bench.go(std::make_shared<OnePass>()).log_probability - found.members[k])
              .abs()
              .max()
              .item<double>() < 1e-6);
  }
  CHECK_THROWS_WITH(bench.go(bench.make(several(7))), Catch::Matchers::Contains("left 6 samples"));
  CHECK(bench.make({})->passes() == 6);
  CHECK_THROWS_WITH(bench.go(bench.make({{"samples", std::int64_t{2}}, {"scale", 0.5}})),
                    Catch::Matchers::Contains("no `scale`"));
}

TEST_CASE("both conventions of a scale are one covariance") {
  Bench bench(std::make_shared<TinyModel>(0));
  bench.before->artifacts[kPosterior] = to_artifact(around(*bench.parts.model, 0.01));
  const auto of = [&](double scale, const std::string& what) {
    return bench
        .go(bench.make({{"samples", std::int64_t{2}}, {"scale", scale}, {"scale_of", what}}))
        .log_probability;
  };
  CHECK(of(0.25, "covariance").equal(of(0.5, "deviation")));
  CHECK_FALSE(of(0.5, "covariance").equal(of(0.5, "deviation")));
  CHECK_THROWS_WITH(bench.make({{"scale_of", std::string("deviation")}}),
                    Catch::Matchers::Contains("needs a `scale`"));
}

TEST_CASE("monte_carlo lets dropout draw, and refuses a model that does not draw") {
  const auto predictor = [](std::int64_t samples) {
    return plugins().make<Predictor>({"monte_carlo", several(samples)});
  };
  Bench dropout(std::make_shared<TinyModel>(0.5));
  const auto found = dropout.go(predictor(3), {.members = true});
  CHECK_FALSE(found.members[0].equal(found.members[1]));
  CHECK(found.log_probability.equal(dropout.go(predictor(3)).log_probability));
  CHECK(dropout.parts.model->is_training());
  Bench none(std::make_shared<TinyModel>(0));
  CHECK_THROWS_WITH(none.go(predictor(3)), Catch::Matchers::Contains("has no dropout"));
  // The mean over many passes of a linear model is near the pass without dropout.
  Bench many(std::make_shared<TinyModel>(0.1));
  const auto average = many.go(predictor(300)).log_probability;
  const auto plain = many.go(std::make_shared<OnePass>()).log_probability;
  CHECK((average.exp() - plain.exp()).abs().max().item<double>() < 0.05);
}

TEST_CASE("collect_samples keeps the weights after the burn-in") {
  Parts parts;
  const auto model = std::make_shared<TinyModel>(0);
  parts.model = model;
  const Values params{{"start", 0.5}, {"every", std::int64_t{2}}};
  const auto make = [&] { return plugins().make<Callback>({"collect_samples", params}); };
  auto callback = make();
  Rows rows;
  callback->start({10, 5}, parts, {});
  const torch::NoGradGuard no_grad;
  for (std::int64_t k = 0; k < 10; ++k) {
    model->weight_.fill_(static_cast<double>(k));
    callback->after_step(k, parts, {}, rows);
    State state;
    callback->save(state);
    (callback = make())->load(state);
    callback->start({10, 5}, parts, {});
  }
  callback->finish(parts, {}, rows);
  const auto kept = read_posterior(rows.artifacts.at(kPosterior), *model, "fit");
  REQUIRE(kept.has_samples());
  REQUIRE(kept.names == Strings{"bias", "weight"});
  REQUIRE(kept.samples[1].size(0) == 3);  // after steps 5, 7 and 9
  for (int k = 0; k < 3; ++k) CHECK(kept.samples[1][k][0][0].item<double>() == 5 + 2 * k);
  const auto few = plugins().make<Callback>(
      {"collect_samples", {{"most", std::int64_t{1}}, {"every", std::int64_t{1}}}});
  CHECK_THROWS_WITH(few->check({10, 5}, parts), Catch::Matchers::Contains("would keep 5"));
}

TEST_CASE("what a posterior does not vary is that of the model that it belongs to") {
  Parts parts;
  const auto trained = std::make_shared<Normed>();
  {
    const torch::NoGradGuard no_grad;
    for (const auto& tensor : tensors_of(*trained)) tensor.add_(1);
  }
  parts.model = trained;
  trained->weight.requires_grad_(false);  // so that the scales of the norm alone are collected
  const auto collect =
      plugins().make<Callback>({"collect_samples", {{"start", 0.0}, {"every", std::int64_t{1}}}});
  Rows rows;
  collect->start({2, 1}, parts, {});
  for (std::int64_t k = 0; k < 2; ++k) collect->after_step(k, parts, {}, rows);
  collect->finish(parts, {}, rows);
  Bench bench(std::make_shared<Normed>());
  bench.before->artifacts[kPosterior] = rows.artifacts.at(kPosterior);
  const auto found = bench.go(bench.make({{"refresh_batch_norm", false}}));
  Bench same_model(trained);
  CHECK((found.log_probability - same_model.go(std::make_shared<OnePass>()).log_probability)
            .abs()
            .max()
            .item<double>() < 1e-6);
}
