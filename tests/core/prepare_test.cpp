// The two moments of an objective around the evaluations of a step.
#include <catch2/catch.hpp>

#include <ATen/ops/cross_entropy_loss.h>

#include "assay/sdk/objective_view.h"
#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

// Adds the logits at the step's first weights, and counts.
class Counting final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  Batch prepare(Model& model, const Batch& batch, const Context& context) override {
    ++prepared;
    graph = torch::GradMode::is_enabled();
    streams.push_back(context.rng.seed());
    auto with = batch;
    with.extra["first"] = model.forward(batch).logits.detach();
    return with;
  }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    ++evaluated;
    first.push_back(batch.extra.at("first"));
    const auto each =
        at::cross_entropy_loss(model.forward(batch).logits, batch.target, {}, at::Reduction::None);
    return {{each.mean(), 1, each}};
  }
  void finish_step(Model& model, const std::vector<Batch>& batches, const Context&) override {
    ++finished;
    at_finish = model.parameters().front().detach().clone();
    for (const auto& batch : batches) finished_samples += batch.extra.at("first").size(0);
  }

  int prepared = 0, evaluated = 0, finished = 0;
  std::int64_t finished_samples = 0;
  bool graph = false;
  std::vector<std::uint64_t> streams;
  Tensors first;
  torch::Tensor at_finish;

 private:
  std::vector<std::string> names_{"fit"};
};

// Asks three times, elsewhere each time.
class Thrice final : public Optimizer {
 public:
  double step(Problem& problem) override {
    double loss = 0;
    for (int k = 0; k < 3; ++k) {
      loss += problem.gradient().loss;
      const torch::NoGradGuard no_grad;
      for (const auto& w : problem.parameters()) w.add_(0.1);
    }
    problem.gradients(By::kGroup);
    for (const auto& part : problem.split(5)) part.problem->loss();
    return loss;
  }
};

struct Fixture {
  TinyData data;
  Context context{torch::kCPU, Rng(3), nullptr};
  Batch batch(std::int64_t from, std::int64_t size) const {
    return data.load(data.ids(Split::kTrain)
                         .subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size)),
                     context);
  }
};

}  // namespace

TEST_CASE("a batch is prepared once a step, and all evaluations of the step see it") {
  const Fixture f;
  Counting objective;
  TinyModel model(0);
  model.eval();
  BatchProblem problem(model, objective, {});
  Thrice optimizer;
  problem.begin({f.batch(0, 16), f.batch(16, 8)}, f.context, 1);
  CHECK(objective.prepared == 2);
  CHECK(objective.graph);
  CHECK(objective.streams.at(0) != objective.streams.at(1));
  problem.step(optimizer);
  CHECK(objective.prepared == 2);
  CHECK(objective.finished == 1);
  CHECK(objective.finished_samples == 24);
  CHECK(objective.at_finish.equal(model.weight_));
  for (std::size_t k = 2; k < 8; ++k) CHECK(objective.first.at(k).equal(objective.first.at(k % 2)));
  CHECK(objective.first.back().size(0) <= 5);  // parts of a batch have their samples' share of it
  const auto evaluated = objective.evaluated;
  problem.begin({f.batch(0, 16)}, f.context, 1);
  CHECK(objective.prepared == 3);
  CHECK(objective.evaluated == evaluated);
}

TEST_CASE("what a preparation does to batch norm is undone before the first evaluation") {
  const Fixture f;
  const auto statistics = [&](bool prepares) {
    class Plain final : public Objective {
     public:
      const std::vector<std::string>& terms() const override { return names_; }
      std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
        return {{at::cross_entropy_loss(model.forward(batch).logits, batch.target)}};
      }

     private:
      std::vector<std::string> names_{"fit"};
    } plain;
    Counting counting;
    TinyModel model(0);
    BatchProblem problem(model, prepares ? static_cast<Objective&>(counting) : plain, {});
    problem.begin({f.batch(0, 16)}, f.context, 1);
    const auto start = model.mean_.clone();
    CHECK(start.equal(TinyModel(0).mean_));
    problem.gradient();
    CHECK_FALSE(start.equal(model.mean_));
    return model.mean_;
  };
  CHECK(statistics(true).equal(statistics(false)));
}

TEST_CASE(
    "a loss that compares samples is neither accumulated nor split nor taken apart by groups") {
  class Spread final : public Objective {
   public:
    const std::vector<std::string>& terms() const override { return names_; }
    bool decomposes() const override { return false; }
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
      return {{model.forward(batch).logits.var(0).mean()}};
    }

   private:
    std::vector<std::string> names_{"spread"};
  } objective;
  const Fixture f;
  TinyModel model(0);
  BatchProblem problem(model, objective, {});
  const auto said =
      Catch::Contains("compares the samples of a batch with one another (terms spread)");
  CHECK_THROWS_WITH(problem.begin({f.batch(0, 8), f.batch(8, 8)}, f.context, 1), said);
  problem.begin({f.batch(0, 16)}, f.context, 1);
  CHECK_NOTHROW(problem.gradient());
  CHECK_NOTHROW(problem.gradients(By::kTerm));
  CHECK_THROWS_WITH(problem.split(4), said);
  CHECK_THROWS_WITH(problem.gradients(By::kGroup), said);
}

TEST_CASE("an objective around another one passes on what it does not change") {
  class Doubled final : public ObjectiveView {
   public:
    using ObjectiveView::ObjectiveView;
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override {
      auto terms = base().evaluate(model, batch, context);
      for (auto& term : terms) term.weight *= 2;
      return terms;
    }
  };
  const Fixture f;
  const auto plain = std::make_shared<Counting>();
  Doubled objective(plain);
  TinyModel model(0);
  model.eval();
  BatchProblem problem(model, objective, {}), base(model, *plain, {});
  problem.begin({f.batch(0, 16)}, f.context, 1);
  base.begin({f.batch(0, 16)}, f.context, 1);
  CHECK(problem.loss() == Approx(2 * base.loss()));
  CHECK(problem.names(By::kTerm) == plain->terms());
  Thrice optimizer;
  const auto finished = plain->finished;
  problem.step(optimizer);
  CHECK(plain->finished == finished + 1);
}
