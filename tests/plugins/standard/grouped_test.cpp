// grouped: each group goes as its optimizer goes alone, along one gradient.
#include <catch2/catch.hpp>

#include "tests/support/terms.h"

using namespace assay;
using namespace assay::testing;

namespace {

const Spec kSgd{"sgd", {{"lr", 0.1}, {"momentum", 0.9}}}, kAdamw{"adamw", {{"lr", 0.01}}};

Spec group(Strings names, const Spec& optimizer) {
  return {"parameters", {{"names", std::move(names)}, {"optimizer", optimizer}}};
}

std::shared_ptr<Optimizer> grouped(Specs groups) {
  return plugins().make<Optimizer>({"grouped", {{"groups", std::move(groups)}}});
}

// Parameters w0, of two numbers, w1 and w2; the loss ties all of them together.
ClosedForm tied() {
  return ClosedForm({{0.6, -0.4}, {0.9}, {0.3}}, {[](const auto& w, auto& g) {
                      double sum = 0, squares = 0;
                      for (std::size_t i = 0; i < w.size(); ++i) {
                        sum += w[i];
                        squares += static_cast<double>(i + 1) * w[i] * w[i];
                      }
                      for (std::size_t i = 0; i < w.size(); ++i)
                        g[i] = sum + static_cast<double>(i + 1) * w[i];
                      return (sum * sum + squares) / 2;
                    }});
}

// The gradient is `gradient` everywhere.
ClosedForm constant(const std::vector<double>& start, const std::vector<double>& gradient) {
  return ClosedForm({start}, {[=](const auto&, auto& g) { return g = gradient, 0.0; }});
}

void check_refused(Specs groups, const std::string& said) {
  auto problem = tied();
  CHECK_THROWS_WITH(grouped(std::move(groups))->check(problem), Catch::Contains(said));
}

}  // namespace

TEST_CASE("one group of all parameters is its optimizer, bit for bit") {
  for (const auto& spec : {kSgd, kAdamw}) {
    auto with = tied(), without = tied();
    after(*grouped({group({}, spec)}), with, 5);
    after(*plugins().make<Optimizer>(spec), without, 5);
    CHECK(with.weights() == without.weights());
    CHECK(with.forwards == 5);
    CHECK(with.backwards == 5);
  }
}

TEST_CASE("each group goes as its optimizer alone along its part of the gradient") {
  auto problem = tied();
  const auto optimizer = grouped({group({"w[02]"}, kSgd), group({}, kAdamw)});
  optimizer->check(problem);
  const auto sgd = plugins().make<Optimizer>(kSgd), adamw = plugins().make<Optimizer>(kAdamw);
  for (int step = 0; step < 4; ++step) {
    const auto w = problem.weights();
    const auto g = problem.raw_gradient().tensors;
    const auto number = [](const torch::Tensor& x) { return x.item<double>(); };
    auto first = constant({w[0], w[1], w[3]}, {number(g[0][0]), number(g[0][1]), number(g[2])});
    auto second = constant({w[2]}, {number(g[1])});
    const auto loss = problem.loss();
    CHECK(optimizer->step(problem) == loss);
    const auto a = after(*sgd, first, 1), b = after(*adamw, second, 1);
    CHECK(problem.weights() == std::vector<double>{a[0], a[1], b[0], a[2]});
  }
}

TEST_CASE("the gradient is clipped as a whole") {
  auto problem = tied();
  problem.clip = 0.5;
  const auto start = problem.weights();
  const auto g = problem.gradient().tensors;
  const Spec sgd{"sgd", {{"lr", 1.0}}};
  const auto found =
      difference(start, after(*grouped({group({"w1"}, sgd), group({}, sgd)}), problem, 1));
  CHECK(length(found) == Approx(0.5).epsilon(1e-12));
  CHECK(found[2] == Approx(g[1].item<double>()).epsilon(1e-12));
}

TEST_CASE("a state saved in the middle goes on bit for bit") {
  const Specs groups{group({"w1"}, kSgd), group({}, kAdamw)};
  auto whole = tied(), parts = tied();
  after(*grouped(groups), whole, 7);
  const auto first = grouped(groups), second = grouped(groups);
  after(*first, parts, 3);
  second->load(saved(*first));
  after(*second, parts, 4);
  CHECK(whole.weights() == parts.weights());
}

TEST_CASE("parameters that are left out, taken twice or not there are told by name") {
  check_refused({group({"w1"}, kSgd)}, "none of the `groups` takes the parameter `w0`");
  check_refused({group({"w*"}, kSgd), group({"w1"}, kSgd)},
                "groups 0 and 1 (counted from 0) both take the parameter `w1`");
  check_refused({group({"w*"}, kSgd), group({}, kSgd)}, "left without a parameter");
  check_refused({group({}, kSgd), group({}, kSgd)}, "two of the `groups` take all other");
  check_refused({group({"w1", "v1"}, kSgd), group({}, kSgd)},
                "the pattern `v1`, which matches no parameter; the nearest is `w");
  CHECK_THROWS_WITH(grouped({}), Catch::Contains("`groups` is missing"));
}

TEST_CASE("an optimizer that has moved its weights gets no gradient of where they were") {
  class Moves final : public Optimizer {
   public:
    double step(Problem& problem) override {
      const torch::NoGradGuard no_grad;
      for (const auto& w : problem.parameters()) w.add_(0.1);
      return problem.gradient().loss;
    }
  };
  Registry registry = plugins();
  registry.insert(
      {.kind = "optimizer", .name = "moves", .doc = "A test's.", .make = [](const Build&) {
         return std::static_pointer_cast<Optimizer>(std::make_shared<Moves>());
       }});
  auto problem = tied();
  const auto optimizer =
      registry.make<Optimizer>({"grouped", {{"groups", Specs{group({}, {"moves", {}})}}}});
  CHECK_THROWS_WITH(optimizer->step(problem), Catch::Contains("put such an optimizer around"));
}

TEST_CASE("an optimizer that evaluates again belongs around grouped") {
  auto problem = tied();
  const Spec sam{"sam", {{"base", kSgd}}};
  CHECK_THROWS_WITH(grouped({group({}, sam)})->step(problem),
                    Catch::Contains("put such an optimizer around `grouped`"));
  for (const std::string use : {"m_sam", "mgda"})
    CHECK_THROWS_AS(grouped({group({}, {use, {}})})->check(problem), Error);
  const Spec around{"sam", {{"base", Spec{"grouped", {{"groups", Specs{group({}, kSgd)}}}}}}};
  auto other = tied();
  after(*plugins().make<Optimizer>(around), problem, 3);
  after(*plugins().make<Optimizer>(sam), other, 3);
  CHECK(problem.weights() == other.weights());
}
