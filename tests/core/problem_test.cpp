// BatchProblem against closed forms: replay, accumulation, clipping, groups.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

class TwoTerms final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch).logits;
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
  CHECK(equal(first.tensors, problem.gradient().tensors));
  CHECK(problem.loss() == Approx(first.loss).epsilon(0).margin(0));
  problem.begin({f.batch(0, 16)}, f.context.with(f.context.rng.fork(1)), 1);
  CHECK_FALSE(equal(first.tensors, problem.gradient().tensors));
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
  CHECK(close(whole.tensors, parts.tensors, 1e-12));
}

TEST_CASE("terms add up to the gradient with their weights") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  const auto whole = problem.gradient();
  const auto terms = problem.gradients(By::kTerm);
  REQUIRE(terms.size() == 2);
  Tensors sum;
  for (std::size_t i = 0; i < whole.tensors.size(); ++i)
    sum.push_back(terms[0].gradient[i] + terms[1].gradient[i]);
  CHECK(close(whole.tensors, sum, 1e-12));
  const auto losses = problem.losses(By::kTerm);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(terms[k].index == static_cast<std::int64_t>(k));
    CHECK(terms[k].samples == 16);
    CHECK(terms[k].share == 1);
    CHECK(losses[k].gradient.empty());
    CHECK(losses[k].loss == Approx(terms[k].loss).epsilon(1e-12));
    const auto alone = problem.gradient_of(By::kTerm, terms[k].index);
    CHECK(alone.loss == Approx(terms[k].loss).epsilon(1e-12));
    CHECK(close(alone.gradient, terms[k].gradient, 1e-12));
  }
}

TEST_CASE("gradients are laid out as their parameters, and nobody else's memory") {
  class Odd final : public Model {  // one gradient for two parameters, and a transposed one
   public:
    Odd() {
      a = register_parameter("a", at::ones({64, 3}));
      b = register_parameter("b", at::ones({64, 3}));
      c = register_parameter("c", at::ones({3, 64}));
    }
    Output forward(const Batch& batch) override {
      const auto x = batch.input.flatten(1);
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
    CHECK(gradient.tensors[i].strides() == problem.parameters()[i].strides());
    for (std::size_t j = 0; j < i; ++j)
      CHECK(gradient.tensors[i].storage().data() != gradient.tensors[j].storage().data());
  }
  CHECK(gradient.tensors[0].equal(gradient.tensors[1]));
}

TEST_CASE("a gradient that is not finite is laid at the door of its term") {
  class Root final : public Objective {  // the root's slope at 0 is infinite, its value is 0
   public:
    const std::vector<std::string>& terms() const override { return names_; }
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
      const auto logits = model.forward(batch).logits;
      return {{at::cross_entropy_loss(logits, batch.target)}, {(logits * 0).sqrt().sum()}};
    }

   private:
    std::vector<std::string> names_{"fit", "root"};
  };
  const Fixture f;
  Root objective;
  TinyModel model(0);
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 4)}, f.context, 1);
  const auto sentence = Catch::Contains("the gradient of the term `root` is not finite");
  CHECK_THROWS_WITH(problem.gradient(), sentence);
  CHECK_THROWS_WITH(problem.gradients(By::kTerm), sentence);
  CHECK_THROWS_WITH(problem.gradient_of(By::kTerm, 1), sentence);
  CHECK_NOTHROW(problem.gradient_of(By::kTerm, 0));
  BatchProblem lax(model, objective, {.allow_nonfinite = true});
  lax.begin({f.batch(0, 4)}, f.context, 1);
  CHECK_NOTHROW(lax.gradient());
}

TEST_CASE("weights chosen from the losses give the gradient of the weighted sum") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  model.eval();
  BatchProblem problem(model, objective, {});
  const auto weigh = [](const std::vector<Part>& terms) {
    return std::vector<double>{terms[1].loss, 3 * terms[0].loss};
  };
  for (const bool split : {false, true}) {
    if (split)
      problem.begin({f.batch(0, 16), f.batch(16, 8)}, f.context, 1);
    else
      problem.begin({f.batch(0, 24)}, f.context, 1);
    const auto terms = problem.gradients(By::kTerm);
    const auto found = problem.weighted_gradient(By::kTerm, weigh);
    CHECK(found.loss == Approx(terms[0].loss + terms[1].loss).epsilon(1e-12));
    Tensors sum;
    for (std::size_t i = 0; i < found.tensors.size(); ++i)
      sum.push_back(terms[1].loss * terms[0].gradient[i] +
                    3 * terms[0].loss * terms[1].gradient[i]);
    CHECK(close(found.tensors, sum, 1e-12));
  }
}

TEST_CASE("the parts of a split batch are the batch, with shares that add up") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  model.eval();
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16), f.batch(16, 7)}, f.context, 1);
  const auto whole = problem.raw_gradient();
  const auto parts = problem.split(6);
  REQUIRE(parts.size() == 5);  // 6, 6, 4 and 6, 1
  CHECK(parts[2].share == Approx(4.0 / 23));
  Gradient sum;
  for (const auto& part : parts) {
    auto gradient = part.problem->raw_gradient();
    sum.loss += part.share * gradient.loss;
    for (std::size_t i = 0; i < gradient.tensors.size(); ++i)
      if (sum.tensors.size() == i)
        sum.tensors.push_back(part.share * gradient.tensors[i]);
      else
        sum.tensors[i] += part.share * gradient.tensors[i];
  }
  CHECK(sum.loss == Approx(whole.loss).epsilon(1e-12));
  CHECK(close(sum.tensors, whole.tensors, 1e-12));
}

TEST_CASE("parameters of one term are known by the model's word, not by their names") {
  class TwoHeads final : public Model, public Partitioned {
   public:
    TwoHeads() {
      trunk = register_parameter("trunk", at::ones({3, 64}));
      fit = register_parameter("fit", at::ones({3}));
      size = register_parameter("size", at::ones({3}));
    }
    Output forward(const Batch& batch) override {
      return {at::linear(batch.input.flatten(1), trunk) + fit + size, {}};
    }
    Tensors own(const std::string& term) override {
      if (term == "fit") return {fit};
      return term == "size" ? Tensors{size} : Tensors{};
    }
    torch::Tensor trunk, fit, size;
  };
  TwoTerms objective;
  TwoHeads model;
  CHECK(BatchProblem(model, objective, {}).owners() == std::vector<int>{Problem::kShared, 0, 1});
  TinyModel plain;
  CHECK(BatchProblem(plain, objective, {}).owners() ==
        std::vector<int>(2, static_cast<int>(Problem::kShared)));
}

TEST_CASE("what is reported adds up until it is taken, and terms are reported once a step") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0);
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  const auto terms = problem.gradients(By::kTerm);
  problem.gradient();
  problem.report("cosine", 0.5);
  problem.report("cosine", 0.25);
  const auto figures = problem.take_figures();
  REQUIRE(figures.size() == 3);
  CHECK(figures.at("cosine").sum == 0.75);
  CHECK(figures.at("cosine").count == 2);
  CHECK(figures.at("term/fit").sum == terms[0].loss);
  CHECK(figures.at("term/fit").count == 1);
  CHECK(problem.take_figures().empty());
}

TEST_CASE("clipping bounds the global norm and keeps the direction") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  BatchProblem free(model, objective, {}), bound(model, objective, {.clip = 0.01});
  free.begin({f.batch(0, 16)}, f.context, 1);
  bound.begin({f.batch(0, 16)}, f.context, 1);
  const auto g = free.gradient().tensors, c = bound.gradient().tensors;
  double g2 = 0, c2 = 0, gc = 0;
  for (std::size_t i = 0; i < g.size(); ++i) {
    g2 += g[i].square().sum().item<double>();
    c2 += c[i].square().sum().item<double>();
    gc += (g[i] * c[i]).sum().item<double>();
  }
  CHECK(
      close(bound.raw_gradient().tensors, g, 0));  // whoever makes one of several clips the outcome
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
  CHECK_THROWS_WITH(strict.gradient(), Catch::Contains("the term `fit` is"));
  CHECK(std::isnan(lax.gradient().loss));
}

TEST_CASE("a product with the Hessian is the difference of gradients, over all batches") {
  const Fixture f;
  TwoTerms objective;
  TinyModel model(0, torch::kDouble);
  model.eval();
  BatchProblem problem(model, objective, {});
  problem.begin({f.batch(0, 16), f.batch(16, 8)}, f.context, 1);
  Tensors v;
  for (const auto& w : problem.parameters())
    v.push_back(at::randn(w.sizes(), Rng(v.size()).generator(), w.options()));
  const double h = 1e-5;
  const auto moved = [&](double scale) {
    const torch::NoGradGuard no_grad;
    const auto& w = problem.parameters();
    for (std::size_t i = 0; i < w.size(); ++i) w[i].add_(v[i], scale);
    return problem.raw_gradient().tensors;
  };
  const auto product = problem.hessian_times(v);
  const auto up = moved(h), down = moved(-2 * h);
  REQUIRE(product.size() == v.size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    CHECK(at::allclose(product[i], (up[i] - down[i]) / (2 * h), 1e-6, 1e-8));
    CHECK(product[i].abs().max().item<double>() > 1e-3);
  }
}

TEST_CASE("parameters have the model's names, without those that are frozen") {
  TwoTerms objective;
  TinyModel model;
  CHECK(BatchProblem(model, objective, {}).parameter_names() ==
        std::vector<std::string>{"weight", "bias"});
  model.weight_.requires_grad_(false);
  CHECK(BatchProblem(model, objective, {}).parameter_names() == std::vector<std::string>{"bias"});
}

TEST_CASE("losses per sample are checked: their number, and that their mean is the term") {
  class Wrong final : public Objective {
   public:
    explicit Wrong(bool shape) : shape_(shape) {}
    const std::vector<std::string>& terms() const override { return names_; }
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
      const auto each = at::cross_entropy_loss(model.forward(batch).logits, batch.target, {},
                                               at::Reduction::None);
      return {{each.sum(), 1, shape_ ? each.unsqueeze(1) : each}};
    }

   private:
    bool shape_;
    std::vector<std::string> names_{"fit"};
  };
  const Fixture f;
  TinyModel model;
  Wrong sum(false), matrix(true);
  BatchProblem problem(model, sum, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  CHECK_NOTHROW(problem.gradient());  // which needs no losses per sample
  CHECK_THROWS_WITH(
      problem.gradients(By::kGroup),
      Catch::Contains("the term `fit` is") && Catch::Contains("the two must be the same number"));
  BatchProblem other(model, matrix, {});
  other.begin({f.batch(0, 16)}, f.context, 1);
  CHECK_THROWS_WITH(other.gradient(), Catch::Contains("another shape than [16]"));
}
