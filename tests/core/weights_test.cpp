// Samples that count differently: a weight of three is a sample that is there three times.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;
using assay::testing::TwoTerms;
using Ids = std::vector<std::int64_t>;
using Sizes = std::vector<std::int64_t>;

namespace {

// A step on the samples `ids` of `data`, cut into batches of these sizes.
struct Step {
  Step(std::shared_ptr<Dataset> data, const Ids& ids, const Sizes& sizes)
      : problem(model, objective, {}) {
    model.eval();
    std::vector<Batch> batches;
    std::size_t from = 0;
    for (const auto size : sizes) {
      batches.push_back(
          data->load(std::span(ids).subspan(from, static_cast<std::size_t>(size)), context));
      from += static_cast<std::size_t>(size);
    }
    problem.begin(std::move(batches), context, 1);
  }
  Context context{torch::kCPU, Rng(3), nullptr};
  TinyModel model{0, torch::kDouble};
  TwoTerms objective;
  BatchProblem problem;
};

void check_close(const Tensors& a, const Tensors& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) CHECK(at::allclose(a[k], b[k], 1e-6, 1e-9));
}

const Ids kRepeated = {1, 1, 4, 7, 7, 7}, kOnce = {1, 4, 7};

std::shared_ptr<Dataset> weighted() {
  return subset(std::make_shared<TinyData>(), {7, 1, 4}, {3, 2, 1});
}

class WithoutEach final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    return {{model.forward(batch).logits.square().mean(), 1}};
  }

 private:
  std::vector<std::string> names_{"size"};
};

}  // namespace

TEST_CASE("a weight of three is a sample that is there three times") {
  for (const Sizes& sizes : {Sizes{3}, Sizes{1, 2}, Sizes{1, 1, 1}}) {
    Step once(weighted(), kOnce, sizes), repeated(std::make_shared<TinyData>(), kRepeated, {6});
    const auto gradient = once.problem.gradient(), expected = repeated.problem.gradient();
    CHECK(gradient.loss == Approx(expected.loss).epsilon(1e-9));
    CHECK(once.problem.loss() == Approx(expected.loss).epsilon(1e-9));
    check_close(gradient.tensors, expected.tensors);
    const auto terms = once.problem.gradients(By::kTerm),
               others = repeated.problem.gradients(By::kTerm);
    REQUIRE(terms.size() == 2);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(terms[k].loss == Approx(others[k].loss).epsilon(1e-9));
      check_close(terms[k].gradient, others[k].gradient);
      check_close(once.problem.gradient_of(By::kTerm, terms[k].index).gradient, others[k].gradient);
    }
  }
}

TEST_CASE("weights go with the samples into groups and into parts of a batch") {
  Step once(weighted(), kOnce, {3}), repeated(std::make_shared<TinyData>(), kRepeated, {6});
  const auto whole = repeated.problem.gradient();
  Tensors sum;
  for (auto& part : once.problem.split(2)) {
    const auto gradient = part.problem->gradient();
    for (std::size_t k = 0; k < gradient.tensors.size(); ++k) {
      const auto own = gradient.tensors[k] * part.share;
      if (sum.size() <= k)
        sum.push_back(own);
      else
        sum[k] = sum[k] + own;
    }
  }
  check_close(sum, whole.tensors);
  const auto groups = once.problem.gradients(By::kGroup),
             expected = repeated.problem.gradients(By::kGroup);
  REQUIRE(groups.size() == 2);
  REQUIRE(expected.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(groups[k].loss == Approx(expected[k].loss).epsilon(1e-9));
    check_close(groups[k].gradient, expected[k].gradient);
  }
  const auto weigh = [](const std::vector<Part>& losses) {
    return std::vector<double>{losses[0].loss, 2};
  };
  const auto sum_once = once.problem.weighted_gradient(By::kGroup, weigh),
             sum_all = repeated.problem.weighted_gradient(By::kGroup, weigh);
  CHECK(sum_once.loss == Approx(sum_all.loss).epsilon(1e-9));
  check_close(sum_once.tensors, sum_all.tensors);
}

TEST_CASE("a group whose samples count for nothing is not there") {
  Step step(subset(std::make_shared<TinyData>(), {0, 2, 4}, {1, 0, 3}), {0, 2, 4}, {3});
  const auto groups = step.problem.gradients(By::kGroup);
  REQUIRE(groups.size() == 1);  // ids 0 and 4 are of the left group, 2 of the right one
  CHECK(groups[0].index == 0);
  CHECK(std::isfinite(groups[0].loss));
}

TEST_CASE("weights that are all alike change nothing, whatever they are") {
  Step alike(subset(std::make_shared<TinyData>(), kOnce, {0.25, 0.25, 0.25}), kOnce, {3});
  Step plain(std::make_shared<TinyData>(), kOnce, {3});
  check_close(alike.problem.gradient().tensors, plain.problem.gradient().tensors);
}

TEST_CASE("an objective that is no mean over samples cannot be weighed, and says so") {
  TinyModel model;
  WithoutEach objective;
  BatchProblem problem(model, objective, {});
  const Context context{torch::kCPU, Rng(0), nullptr};
  problem.begin({weighted()->load(kOnce, context)}, context, 1);
  CHECK_THROWS_WITH(problem.gradient(),
                    Catch::Contains("the term `size` is not a mean over samples"));
  CHECK_THROWS_WITH(problem.gradient_of(By::kTerm, 0),
                    Catch::Contains("or a selector without weights"));
  problem.begin({TinyData().load(kOnce, context)}, context, 1);
  CHECK_NOTHROW(problem.gradient());
}

TEST_CASE("weights that are none are refused with their sample") {
  const auto data = std::make_shared<TinyData>();
  const auto refused = [&](Ids ids, std::vector<double> weights, const std::string& said) {
    CHECK_THROWS_WITH(subset(data, std::move(ids), std::move(weights)), Catch::Contains(said));
  };
  refused({1, 4}, {1}, "has 2 ids and 1 weights");
  refused({1, 4}, {1, -0.5}, "the weight of the selected id 4 is -0.5");
  refused({1, 4}, {NAN, 1}, "the weight of the selected id 1 is nan");
  refused({1, 4}, {INFINITY, 1}, "the weight of the selected id 1 is inf");
  refused({4, 4}, {1, 2}, "the selected id 4 occurs twice");
  refused({1, 4}, {0, 0}, "all weights of the selection are 0");
}
