// A loss that is detached from the model trains nothing: it is an error, however it is asked for.
#include <catch2/catch.hpp>

#include "runner/conformance/tiny.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Two terms that are detached, or the first one alone.
class Detached final : public Objective {
 public:
  explicit Detached(bool whole) : whole_(whole) {}
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch).logits;
    const auto second = logits.square().mean();
    return {{logits.mean().detach()}, {whole_ ? second.detach() : second}};
  }

 private:
  bool whole_;
  std::vector<std::string> names_{"first", "second"};
};

struct Step {
  explicit Step(bool whole) : objective(whole), problem(model, objective, {}) {
    const Context context{torch::kCPU, Rng(3), nullptr};
    problem.begin({data.load(data.ids(Split::kTrain).first(8), context)}, context, 1);
  }
  TinyData data;
  TinyModel model{0};
  Detached objective;
  BatchProblem problem;
};

const auto kRefusal = Catch::Contains("the loss (terms first, second) depends on none");

}  // namespace

TEST_CASE("a loss that is detached as a whole is refused, by terms and weighted too") {
  Step step(true);
  CHECK_THROWS_WITH(step.problem.raw_gradient(), kRefusal);
  CHECK_THROWS_WITH(step.problem.gradients(By::kTerm), kRefusal);
  const auto equal = [](const std::vector<Part>& parts) {
    return std::vector<double>(parts.size(), 1);
  };
  CHECK_THROWS_WITH(step.problem.weighted_gradient(By::kTerm, equal), kRefusal);
}

TEST_CASE("one term may be constant") {
  Step step(false);
  CHECK_NOTHROW(step.problem.raw_gradient());
  CHECK(step.problem.gradients(By::kTerm).size() == 2);
}

namespace {

// A parameter that no loss reaches.
class Half final : public Model {
 public:
  Half() {
    used_ = register_parameter("used", at::ones({3, 64}));
    register_parameter("idle", at::ones({2}));
  }
  Output forward(const Batch& batch) override {
    return {at::linear(batch.input.flatten(1), used_)};
  }

 private:
  torch::Tensor used_;
};

class Notes final : public Log {
 public:
  void note(std::string_view message) override { all.emplace_back(message); }
  std::vector<std::string> all;
};

class CrossEntropy final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    return {{at::cross_entropy_loss(model.forward(batch).logits, batch.target)}};
  }

 private:
  std::vector<std::string> names_{"loss"};
};

}  // namespace

TEST_CASE("parameters that the first loss does not reach are noted, once") {
  const TinyData data;
  Half model;
  CrossEntropy objective;
  Notes log;
  const Context context{torch::kCPU, Rng(3), &log};
  ProblemOptions options;
  options.info = &data.info();
  BatchProblem problem(model, objective, options);
  for (int step = 0; step < 2; ++step)
    problem.begin({data.load(data.ids(Split::kTrain).first(8), context)}, context, 1);
  REQUIRE(log.all.size() == 1);
  CHECK_THAT(log.all[0], Catch::Contains("does not reach the parameters idle"));
}
