// BatchProblem against closed forms: replay, accumulation, clipping, groups.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "tests/support/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

class TwoTerms final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch.input).logits;
    return {{at::cross_entropy_loss(logits, batch.target), 1.0}, {logits.square().mean(), 0.25}};
  }

 private:
  std::vector<std::string> names_{"fit", "size"};
};

struct Fixture {
  TinyData data;
  TwoTerms objective;
  Context context{torch::kCPU, Rng(3), nullptr};

  Batch batch(std::int64_t from, std::int64_t size) const {
    return data.load(data.ids(Split::kTrain)
                         .subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size)),
                     context);
  }
};

bool close(const Tensors& a, const Tensors& b, double tolerance) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!at::allclose(a[i], b[i], 0, tolerance)) return false;
  return a.size() == b.size();
}

bool equal(const Tensors& a, const Tensors& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!a[i].equal(b[i])) return false;
  return a.size() == b.size();
}

}  // namespace

TEST_CASE("within a step dropout is replayed, between steps it is not") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0.5);
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  const auto first = problem.gradient();
  CHECK(equal(first.of, problem.gradient().of));
  CHECK(problem.loss() == Approx(first.loss).epsilon(0).margin(0));
  problem.begin({f.batch(0, 16)}, f.context.with(f.context.rng.fork(1)), 1);
  CHECK_FALSE(equal(first.of, problem.gradient().of));
}

TEST_CASE("batch-norm statistics move once a step, as the first evaluation moved them") {
  const Fixture f;
  TwoTerms objective;
  TinyModel once(0), often(0);
  for (auto* model : {&once, &often}) {
    BatchProblem problem(*model, objective, {});
    problem.begin({f.batch(0, 16)}, f.context, 1);
    problem.gradient();
    if (model == &often) {
      const torch::NoGradGuard no_grad;
      problem.parameters()[0].add_(1);
      problem.loss();
      problem.gradient();
    }
  }
  CHECK(equal(once.buffers(), often.buffers()));
  CHECK_FALSE(equal(once.buffers(), TinyModel(0).buffers()));
}

TEST_CASE("accumulated batches give the gradient of the whole batch") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  model.eval();  // batch norm over a part is not batch norm over the whole
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 24)}, f.context, 1);
  const auto whole = problem.gradient();
  problem.begin({f.batch(0, 16), f.batch(16, 8)}, f.context, 1);
  const auto parts = problem.gradient();
  CHECK(parts.loss == Approx(whole.loss).epsilon(1e-12));
  CHECK(close(whole.of, parts.of, 1e-12));
}

TEST_CASE("terms add up to the gradient with their weights") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  const auto whole = problem.gradient();
  const auto terms = problem.gradient_per_term();
  REQUIRE(terms.size() == 2);
  Tensors sum;
  for (std::size_t i = 0; i < whole.of.size(); ++i)
    sum.push_back(terms[0].of[i] + 0.25 * terms[1].of[i]);
  CHECK(close(whole.of, sum, 1e-12));
}

TEST_CASE("gradients are laid out as their parameters, and nobody else's memory") {
  class Odd final : public Model {  // one gradient for two parameters, and a transposed one
   public:
    Odd() {
      a = register_parameter("a", at::ones({64, 3}));
      b = register_parameter("b", at::ones({64, 3}));
      c = register_parameter("c", at::ones({3, 64}));
    }
    Output forward(const torch::Tensor& input) override {
      const auto x = input.flatten(1);
      return {at::linear(x, (a + b).t()) + at::bmm(x.unsqueeze(0), c.t().unsqueeze(0)).squeeze(0),
              {}};
    }
    torch::Tensor a, b, c;
  };
  const Fixture f;
  TwoTerms objective;
  Odd model;
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  const auto gradient = problem.gradient();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(gradient.of[i].strides() == problem.parameters()[i].strides());
    for (std::size_t j = 0; j < i; ++j)
      CHECK(gradient.of[i].storage().data() != gradient.of[j].storage().data());
  }
  CHECK(gradient.of[0].equal(gradient.of[1]));
}

TEST_CASE("groups weighted by their sizes add up to the gradient") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  model.eval();
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 12), f.batch(12, 8)}, f.context, 1);
  const auto whole = problem.gradient();
  const auto groups = problem.gradient_per_group();
  REQUIRE(groups.size() == 2);
  Tensors sum;
  for (std::size_t i = 0; i < whole.of.size(); ++i)
    sum.push_back(0.5 * groups[0].of[i] + 0.5 * groups[1].of[i]);
  CHECK(close(whole.of, sum, 1e-12));
}

TEST_CASE("clipping bounds the global norm and keeps the direction") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  BatchProblem free(model, objective, {}), bound(model, objective, {.clip = 0.01});
  free.begin({f.batch(0, 16)}, f.context, 1);
  bound.begin({f.batch(0, 16)}, f.context, 1);
  const auto g = free.gradient().of, c = bound.gradient().of;
  double g2 = 0, c2 = 0, gc = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    g2 += g[i].square().sum().item<double>();
    c2 += c[i].square().sum().item<double>();
    gc += (g[i] * c[i]).sum().item<double>();
  }
  CHECK(std::sqrt(c2) == Approx(0.01).epsilon(1e-10));
  CHECK(gc / std::sqrt(g2 * c2) == Approx(1).epsilon(1e-12));
}

TEST_CASE("a NaN loss is an error that the options can allow") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0);
  {
    const torch::NoGradGuard no_grad;
    model.bias_.fill_(NAN);
  }
  BatchProblem strict(model, objective, {}), lax(model, objective, {.allow_nonfinite = true});
  strict.begin({f.batch(0, 4)}, f.context, 1);
  lax.begin({f.batch(0, 4)}, f.context, 1);
  CHECK_THROWS_AS(strict.gradient(), Error);
  CHECK(std::isnan(lax.gradient().loss));
}

TEST_CASE("batches are a permutation each epoch, and need no history") {
  const Fixture f;
  Batches forward(f.data.ids(Split::kTrain), 7, Rng(1)), jump(f.data.ids(Split::kTrain), 7, Rng(1));
  REQUIRE(forward.per_epoch() == 9);
  std::vector<std::int64_t> seen;
  for (std::int64_t k = 0; k < 9; ++k)
    for (const auto id : forward.at(k)) seen.push_back(id);
  CHECK(jump.at(12) == forward.at(12));
  CHECK(jump.at(3) != jump.at(12));
  std::sort(seen.begin(), seen.end());
  CHECK(std::equal(seen.begin(), seen.end(), f.data.ids(Split::kTrain).begin()));
}

TEST_CASE("a loader that runs ahead gives what one that does not gives") {
  const auto data = std::make_shared<TinyData>();
  const Context context{torch::kCPU, Rng(1), nullptr};
  const Batches order(data->ids(Split::kTrain), 7, Rng(1));
  Loader plain(data, order, context, 0), ahead(data, order, context, 3);
  for (const std::int64_t k : {0, 1, 2, 3, 9, 10, 4, 5}) {
    const auto a = plain.at(k), b = ahead.at(k);
    CHECK(a.id.equal(b.id));
    CHECK(a.input.equal(b.input));
  }
}

TEST_CASE("evaluation counts as a hand does") {
  const Fixture f;
  TinyModel model(0);
  const auto scores = evaluate(model, f.data, Split::kTest, 7, f.context);
  const auto batch = f.data.load(f.data.ids(Split::kTest), f.context);
  model.eval();
  const torch::NoGradGuard no_grad;
  const auto predicted = model.forward(batch.input).logits.argmax(1);
  CHECK(scores.count == 20);
  CHECK(scores.accuracy ==
        Approx((predicted == batch.target).to(torch::kDouble).mean().item<double>()));
  CHECK(scores.confusion.sum().item<std::int64_t>() == 20);
  CHECK(scores.group_count.sum().item<std::int64_t>() == 20);
  CHECK(scores.confusion.trace().item<std::int64_t>() ==
        scores.group_correct.sum().item<std::int64_t>());
}
