// Objectives whose targets are another view's: what has a gradient, and what moves when.
#include <catch2/catch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/randn.h>

#include "assay/sdk/tensors.h"
#include "runner/conformance/tiny.h"
#include "stub.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

torch::Tensor random(std::int64_t rows, std::uint64_t seed) {
  return at::randn({rows, 4}, Rng(seed).generator(), torch::kDouble);
}

std::shared_ptr<Objective> make(const std::string& use, const Values& params = {}) {
  const Info info{{4}, 3};
  return plugins().make<Objective>({use, params}, &info);
}

// A small network with a predictor, and a batch of two views.
struct Small {
  Small() {
    seed_default_generators(Rng(5), torch::kCPU);
    model = plugins().make<Model>({"projected",
                                   {{"encoder", Spec{"conv_encoder", {{"width", std::int64_t{2}}}}},
                                    {"outputs", std::int64_t{4}},
                                    {"batch_norm", true},
                                    {"predictor", std::int64_t{3}}}},
                                  &data.info());
    batch = data.load(data.ids(Split::kTrain).first(8), {});
  }
  // What the objective compares predictions with.
  torch::Tensor target(Objective& objective) {
    return objective.prepare(*model, batch, {}).extra.at("target.first");
  }
  TinyData data;
  std::shared_ptr<Model> model;
  Batch batch;
};

}  // namespace

TEST_CASE("simsiam is the negative cosine, with no gradient in the projections") {
  const auto first = random(6, 1), second = random(6, 2);
  auto a = first.clone().requires_grad_(), b = second.clone().requires_grad_();
  Same model;  // which predicts twice the projection
  const auto terms = make("simsiam")->evaluate(model, {.input = a, .extra = {{"view", b}}}, {});
  terms[0].value.backward();
  CHECK(terms[0].per_sample.sizes() == at::IntArrayRef{6});

  auto c = first.clone().requires_grad_(), d = second.clone().requires_grad_();
  const auto expected =
      -(at::cosine_similarity(c, second, 1).mean() + at::cosine_similarity(d, first, 1).mean()) / 2;
  expected.backward();
  CHECK(terms[0].value.item<double>() == Approx(expected.item<double>()).epsilon(1e-12));
  CHECK((a.grad() - c.grad()).abs().max().item<double>() < 1e-12);
  CHECK((b.grad() - d.grad()).abs().max().item<double>() < 1e-12);
}

TEST_CASE("byol's target starts as the network, moves after the step alone, and has no gradient") {
  for (const double momentum : {0.0, 0.5, 1.0}) {
    Small small;
    const auto byol = make("byol", {{"momentum", momentum}});
    const auto start = small.target(*byol);
    CHECK_FALSE(start.requires_grad());
    auto& projector = as<Projector>(*small.model, "", "");
    CHECK(start.equal(projector.project(small.model->forward(small.batch).features)));
    const auto before = clone(small.model->parameters());
    {
      const torch::NoGradGuard no_grad;
      for (auto& w : small.model->parameters()) w.add_(0.1);
    }
    CHECK(small.target(*byol).equal(start));
    byol->finish_step(*small.model, {small.batch}, {});
    const auto moved = small.target(*byol);
    {
      const torch::NoGradGuard no_grad;
      const auto w = small.model->parameters();
      for (std::size_t i = 0; i < w.size(); ++i)
        w[i].copy_(before[i] + (1 - momentum) * (w[i] - before[i]));
    }
    const auto expected = projector.project(small.model->forward(small.batch).features);
    CHECK((moved - expected).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("byol's target goes on as it was saved, and leaves the network's batch norm alone") {
  Small small;
  const auto byol = make("byol", {{"momentum", 0.9}});
  const auto buffers = clone(small.model->buffers());
  small.target(*byol);
  const auto after = small.model->buffers();
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].equal(buffers[i]));
  {
    const torch::NoGradGuard no_grad;
    for (auto& w : small.model->parameters()) w.mul_(1.5);
  }
  byol->finish_step(*small.model, {small.batch}, {});
  State state;
  byol->save(state);
  const auto again = make("byol", {{"momentum", 0.9}});
  again->load(state);
  const auto before = clone(state.list("target.buffers"));
  CHECK(small.target(*again).equal(small.target(*byol)));
  State later;
  again->save(later);  // after one more pass, which moved the statistics of its own batch norm
  const auto moved = later.list("target.buffers");
  REQUIRE(before.size() == moved.size());
  REQUIRE_FALSE(before.empty());
  CHECK_FALSE(before[0].equal(moved[0]));
}

TEST_CASE("moco compares with the keys of earlier batches, the oldest of which leave the queue") {
  Same model;
  const auto moco = make("moco", {{"queue", std::int64_t{4}}, {"temperature", 0.5}});
  const auto step = [&](std::uint64_t seed) {
    const Batch batch{.input = random(3, seed), .extra = {{"view", random(3, seed + 50)}}};
    return moco->prepare(model, batch, {torch::kCPU, Rng(1)});
  };
  for (const std::uint64_t seed : {1, 2}) moco->finish_step(model, {step(seed)}, {});
  const auto unit = [](const torch::Tensor& x) { return x / x.norm(2, 1, true); };
  const auto queue = unit(at::cat({random(3, 51).narrow(0, 2, 1), random(3, 52)}));
  const auto last = step(3);
  const auto terms = moco->evaluate(model, last, {});
  const auto query = unit(random(3, 3)), key = unit(random(3, 53));
  double sum = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    const double own = std::exp(query[i].dot(key[i]).item<double>() / 0.5);
    double all = own;
    for (std::int64_t k = 0; k < 4; ++k)
      all += std::exp(query[i].dot(queue[k]).item<double>() / 0.5);
    sum -= std::log(own / all) / 3;
  }
  CHECK(terms[0].value.item<double>() == Approx(sum).epsilon(1e-9));

  State state;
  moco->save(state);
  const auto again = make("moco", {{"queue", std::int64_t{4}}, {"temperature", 0.5}});
  again->load(state);
  CHECK(again->evaluate(model, last, {})[0].value.item<double>() == terms[0].value.item<double>());
}

TEST_CASE("objectives ask for a second view, and those that need it for two samples") {
  Same model;
  const Batch without{.input = random(3, 1)},
      with{.input = random(3, 1), .extra = {{"view", random(3, 2)}}};
  for (const std::string use :
       {"nt_xent", "supervised_contrastive", "simsiam", "byol", "barlow_twins", "vicreg", "moco"}) {
    INFO(use);
    const auto objective = make(use);
    CHECK_NOTHROW(objective->check(model, with));
    CHECK_THROWS_WITH(objective->check(model, without), Catch::Contains("no second view"));
    CHECK(objective->smallest_batch() == (use == "moco" ? 1 : 2));
    CHECK(objective->remembers() == (use == "moco" || use == "byol"));
  }
}
