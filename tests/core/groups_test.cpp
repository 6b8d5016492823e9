// BatchProblem by groups, from the samples' own losses and without them.
#include <catch2/catch.hpp>

#include <functional>

#include <ATen/ops/allclose.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

class Fit final : public Objective {
 public:
  explicit Fit(bool each) : each_(each) {}
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    ++forwards;
    const auto logits = model.forward(batch).logits;
    const auto loss = [&](at::Reduction::Reduction reduction) {
      return at::cross_entropy_loss(logits, batch.target, {}, reduction);
    };
    Term fit{loss(at::Reduction::Mean), 0.5};
    if (each_) fit.per_sample = loss(at::Reduction::None);
    return {fit};
  }
  int forwards = 0;

 private:
  bool each_;
  std::vector<std::string> names_{"fit"};
};

struct Case {
  explicit Case(bool each, bool two) : objective(each), problem(model, objective, {}) {
    model.eval();
    if (two)
      problem.begin({batch(0, 12), batch(12, 7)}, context, 1);
    else
      problem.begin({batch(0, 19)}, context, 1);
  }
  Batch batch(std::int64_t from, std::int64_t size) const {
    return data.load(data.ids(Split::kTrain)
                         .subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size)),
                     context);
  }
  TinyData data;
  Context context{torch::kCPU, Rng(3), nullptr};
  TinyModel model{0, torch::kDouble};
  Fit objective;
  BatchProblem problem;
};

void check_sum(const Tensors& whole, const std::vector<Part>& groups,
               const std::vector<double>& weights) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto sum = at::zeros_like(whole[i]);
    for (std::size_t g = 0; g < groups.size(); ++g) sum += weights[g] * groups[g].gradient[i];
    CHECK(at::allclose(whole[i], sum, 0, 1e-12));
  }
}

}  // namespace

TEST_CASE("groups weighted by their sizes add up to the gradient") {
  for (const bool each : {true, false})
    for (const bool two : {true, false}) {
      INFO(each << two);
      Case c(each, two);
      const auto whole = c.problem.raw_gradient();
      const auto groups = c.problem.gradients(By::kGroup);
      REQUIRE(groups.size() == 2);  // samples 0 1 4 5 ... and 2 3 6 7 ...
      CHECK(groups[0].index == 0);
      CHECK(groups[0].samples == 10);
      CHECK(groups[1].samples == 9);
      CHECK(10 * groups[0].loss + 9 * groups[1].loss == Approx(19 * whole.loss).epsilon(1e-12));
      check_sum(whole.tensors, groups, {10.0 / 19, 9.0 / 19});
    }
}

TEST_CASE("a weighted sum over groups takes one backward pass, and the same place either way") {
  std::vector<Part> seen;
  const auto weigh = [&](const std::vector<Part>& losses) {
    seen = losses;
    return std::vector<double>{2 * losses[1].loss, -1};
  };
  for (const bool each : {true, false})
    for (const bool two : {true, false}) {
      INFO(each << two);
      Case c(each, two);
      const auto groups = c.problem.gradients(By::kGroup);
      c.objective.forwards = 0;
      const auto sum = c.problem.weighted_gradient(By::kGroup, weigh);
      if (each) CHECK(c.objective.forwards == (two ? 4 : 1));
      REQUIRE(seen.size() == 2);
      CHECK(seen[1].index == 1);
      CHECK(seen[1].samples == 9);
      CHECK(seen[1].loss == Approx(groups[1].loss).epsilon(1e-12));
      CHECK(sum.loss == Approx(c.problem.loss()).epsilon(1e-12));
      check_sum(sum.tensors, groups, {2 * groups[1].loss, -1});
    }
}

TEST_CASE("batch norm statistics move once a step, whatever is asked of groups") {
  for (const bool each : {true, false})
    for (const bool two : {true, false}) {
      INFO(each << two);
      const auto statistics = [&](const std::function<void(BatchProblem&)>& ask) {
        Case c(each, two);
        c.model.train();
        ask(c.problem);
        Tensors all;
        for (const auto& buffer : c.model.buffers()) all.push_back(buffer.clone());
        return all;
      };
      const auto plain = statistics([](auto& problem) { problem.raw_gradient(); });
      REQUIRE(!plain.empty());
      const auto equal = [&](const Tensors& grouped) {
        for (std::size_t i = 0; i < plain.size(); ++i) CHECK(plain[i].equal(grouped[i]));
      };
      equal(statistics([](auto& problem) { problem.gradients(By::kGroup); }));
      equal(statistics([](auto& problem) {
        problem.weighted_gradient(By::kGroup, [](const std::vector<Part>& losses) {
          return std::vector<double>(losses.size(), 1);
        });
      }));
    }
}

TEST_CASE("a group that the batch lacks is not there") {
  for (const bool each : {true, false}) {
    Case c(each, false);
    c.problem.begin({c.batch(2, 2)}, c.context, 1);
    const auto groups = c.problem.gradients(By::kGroup);
    REQUIRE(groups.size() == 1);
    CHECK(groups[0].index == 1);
    CHECK(groups[0].samples == 2);
  }
}

TEST_CASE("a group that one of a step's batches lacks can be asked for alone") {
  for (const bool each : {true, false}) {
    Case c(each, false);
    c.problem.begin({c.batch(0, 2), c.batch(2, 2)}, c.context, 1);  // left, and right
    const auto all = c.problem.gradients(By::kGroup);
    REQUIRE(all.size() == 2);
    for (const auto& group : all) {
      const auto alone = c.problem.gradient_of(By::kGroup, group.index);
      CHECK(alone.loss == Approx(group.loss).epsilon(1e-12));
      for (std::size_t i = 0; i < alone.gradient.size(); ++i)
        CHECK(at::allclose(alone.gradient[i], group.gradient[i], 0, 1e-12));
    }
  }
}
