// How the optimizers around sam wrap a base: costs, failures, states, and bases that ask for parts.
#include <catch2/catch.hpp>

#include "assay/sdk/rule.h"
#include "tests/support/descent.h"

using namespace assay;
using assay::testing::after;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::make;
using assay::testing::plugins;
using assay::testing::saved;
using assay::testing::three_samples;
using assay::testing::Visits;
using assay::testing::wrappers;

namespace {

Spec sgd(double momentum = 0) {
  return {"sgd", {{"lr", 0.1}, {"momentum", momentum}}};
}

// A trajectory under a falling schedule with other random numbers each step.
void walk(Optimizer& optimizer, ClosedForm& problem, int from, int to) {
  for (int t = from; t < to; ++t) {
    problem.factor = 1 - t / 10.0;
    problem.random = Rng(static_cast<std::uint64_t>(t));
    optimizer.step(problem);
  }
}

// Gradient descent on the sum of what it is given by term or by group: in a copy of the registry.
class ByPart final : public Optimizer {
 public:
  explicit ByPart(bool terms) : terms_(terms) {}
  void check(Problem& problem) override {
    if (terms_) check_parts(problem, By::kTerm, "by_term");
  }
  double step(Problem& problem) override {
    std::vector<Tensors> parts;
    if (terms_)
      for (auto& part : problem.gradients(By::kTerm)) parts.push_back(part.gradient);
    else
      for (auto& part : problem.gradients(By::kGroup)) parts.push_back(part.gradient);
    const torch::NoGradGuard no_grad;
    for (const auto& part : parts)
      for (std::size_t i = 0; i < part.size(); ++i) problem.parameters()[i].sub_(part[i], 0.1);
    return 0;
  }

 private:
  bool terms_;
};

Registry with_parts() {
  Registry registry = plugins();
  for (const bool terms : {true, false})
    registry.insert({.kind = "optimizer",
                     .name = terms ? "by_term" : "by_group",
                     .doc = "A test's.",
                     .make = [terms](const Build&) {
                       return std::static_pointer_cast<Optimizer>(std::make_shared<ByPart>(terms));
                     }});
  return registry;
}

// Lets no ascent perturb the second of two parameters.
class FirstAlone final : public ProblemView {
 public:
  using ProblemView::ProblemView;
  std::vector<Role> roles() const override { return {Role::kWeight, Role::kScale}; }
};

}  // namespace

TEST_CASE("rho 0 is the base, bit for bit and at its cost, and asks it alone what it needs") {
  const auto registry = with_parts();
  for (const auto& use : wrappers()) {
    INFO(use);
    auto with = three_samples(), without = three_samples();
    const auto base = plugins().make<Optimizer>(sgd(0.9));
    walk(*make(use, {{"rho", 0.0}}, sgd(0.9)), with, 0, 5);
    walk(*base, without, 0, 5);
    CHECK(with.weights() == without.weights());
    CHECK(with.forwards == 5);
    CHECK(with.backwards == 5);
    CHECK_NOTHROW(make(use, {{"rho", 0.0}}, {"by_term", {}}, registry)->check(with));
  }
}

TEST_CASE("steps cost what they must, and return the loss where they started") {
  const auto start = three_samples();
  const double here = ClosedForm(start).loss();
  for (const std::string use : {"sam", "asam", "gsam", "fisher_sam", "friendly_sam"}) {
    INFO(use);
    auto problem = start;
    const auto optimizer = make(use);
    CHECK(optimizer->step(problem) == here);
    after(*optimizer, problem, 4);
    CHECK(problem.forwards == 10);
    CHECK(problem.backwards == 10);
  }
  auto problem = start;
  const auto looksam = make("looksam", {{"k", std::int64_t{5}}});
  CHECK(looksam->step(problem) == here);
  after(*looksam, problem, 4);
  CHECK(problem.forwards == 6);
  CHECK(problem.backwards == 6);
  after(*looksam, problem, 1);
  CHECK(problem.backwards == 8);

  Visits visits;
  auto parts = three_samples(false, 1, &visits);
  CHECK(make("m_sam", {{"m", std::int64_t{2}}})->step(parts) == Approx(here).epsilon(1e-15));
  CHECK(visits.size() == 2 * 3);  // each sample twice
}

TEST_CASE("a pass that throws leaves weights and state as if the step had not been tried") {
  auto all = wrappers();
  all.emplace_back("bsam");
  for (const auto& use : all)
    for (const int before : {0, 1, 2}) {
      auto problem = three_samples(), untouched = three_samples();
      const auto optimizer = make(use, {}, sgd(0.9)), other = make(use, {}, sgd(0.9));
      walk(*optimizer, problem, 0, before);
      walk(*other, untouched, 0, before);
      const auto here = problem.weights();
      const int done = problem.forwards;
      int broken = 0;
      for (bool thrown = true; thrown;) {
        INFO(use << ", pass " << broken + 1 << " after " << before << " steps");
        problem.forwards = done;
        problem.broken = done + ++broken;
        try {
          walk(*optimizer, problem, before, before + 1);
          thrown = false;
        } catch (const Error&) {
          CHECK(problem.weights() == here);
        }
      }
      INFO(use << " after " << before << " steps");
      CHECK(broken - 1 == (use == "bsam" ? 3 : use == "looksam" && before > 0 ? 1 : 2));
      problem.broken = 0;
      walk(*optimizer, problem, before + 1, before + 4);
      walk(*other, untouched, before, before + 4);
      CHECK(problem.weights() == untouched.weights());
    }
}

TEST_CASE("a state saved in the middle goes on bit for bit, with each base") {
  auto all = wrappers();
  all.emplace_back("bsam");
  for (const auto& use : all)
    for (const auto& base : {sgd(0.9), Spec{"adamw", {{"lr", 0.1}}}})
      for (const int middle : {1, 3, 7}) {
        INFO(use << " around " << base.use << ", saved after " << middle);
        auto whole = three_samples(), parts = three_samples();
        walk(*make(use, {}, base), whole, 0, 9);
        State state;
        {
          const auto first = make(use, {}, base);
          walk(*first, parts, 0, middle);
          state = saved(*first);
        }
        const auto second = make(use, {}, base);
        second->load(state);
        walk(*second, parts, middle, 9);
        CHECK(parts.weights() == whole.weights());
      }
}

TEST_CASE("state moves once a step, where the base asks twice") {
  for (const auto& [use, name] : {std::pair{"friendly_sam", "m.0"}, {"looksam", "g_v.0"}}) {
    INFO(use);
    auto once = three_samples(), twice = three_samples();
    const auto plain = make(use, {}, sgd()), around = make(use, {}, {"sam", {{"rho", 0.5}}});
    for (int t = 0; t < 2; ++t) {
      const int before = twice.backwards;
      plain->step(once);
      around->step(twice);
      CHECK(twice.backwards - before == (t == 1 && std::string(use) == "looksam" ? 2 : 4));
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < once.parameters().size(); ++i)
        twice.parameters()[i].copy_(once.parameters()[i]);
      CHECK(saved(*around).tensor(name).equal(saved(*plain).tensor(name)));
    }
  }
}

TEST_CASE("gradients taken uphill are taken there by term and by group too") {
  const auto registry = with_parts();
  for (const std::string use : {"asam", "fisher_sam", "friendly_sam"})
    for (const std::string base : {"by_term", "by_group"}) {
      INFO(use << " around " << base);
      auto problem = three_samples(), whole = three_samples();
      const auto optimizer = make(use, {}, {base, {}}, registry);
      optimizer->check(problem);
      check_close(after(*optimizer, problem, 3), after(*make(use), whole, 3), 1e-14);
    }
}

TEST_CASE("a base that weighs terms is refused before the first step inside one gradient") {
  const auto registry = with_parts();
  for (const std::string use : {"gsam", "looksam", "m_sam"}) {
    auto problem = three_samples();
    const auto terms = make(use, {}, {"by_term", {}}, registry);
    CHECK_THROWS_WITH(terms->check(problem),
                      Catch::Contains("and `" + use + "` gives its base one combined gradient"));
    CHECK_THROWS_WITH(terms->step(problem), Catch::Contains("the base asks for terms"));
    const auto groups = make(use, {}, {"by_group", {}}, registry);
    CHECK_THROWS_WITH(groups->step(problem), Catch::Contains("the base asks for groups"));
  }
}

TEST_CASE("m_sam is refused where the batch cannot be split") {
  for (const std::string use : {"sam", "asam", "fisher_sam", "friendly_sam", "gsam", "looksam"}) {
    auto problem = three_samples();
    CHECK_THROWS_WITH(make(use, {}, {"m_sam", {}})->check(problem),
                      Catch::Contains("the base asks for parts of the batch") ||
                          Catch::Contains("its base splits the batch"));
    CHECK_NOTHROW(make("m_sam", {}, {use, {}})->check(problem));
  }
}

TEST_CASE("an ascent leaves parameters that are not ascended") {
  const auto two = [](Visits& visits) {
    return ClosedForm({{1}, {2}}, {[&visits](const auto& w, auto& g) {
                        visits.push_back(w);
                        g[0] += w[0], g[1] += 10 * w[1];
                        return (w[0] * w[0] + 10 * w[1] * w[1]) / 2;
                      }});
  };
  for (const std::string use : {"sam", "asam", "fisher_sam", "friendly_sam"})
    for (const std::string direction : {"gradient", "random"}) {
      Visits visits;
      auto problem = two(visits);
      FirstAlone view(problem);
      Values params{{"rho", 0.1}};
      if (use == "sam") params["direction"] = direction;
      const auto optimizer = make(use, params);
      CHECK_NOTHROW(optimizer->check(view));
      optimizer->step(view);
      INFO(use << " " << direction);
      REQUIRE(visits.size() == 2);
      CHECK(visits[1][0] != visits[0][0]);
      CHECK(visits[1][1] == visits[0][1]);
      if (use == "sam") CHECK(std::abs(visits[1][0] - visits[0][0]) == Approx(0.1).epsilon(1e-9));
      // The step itself moves both.
      CHECK(problem.weights()[1] == Approx(2 - 0.1 * 20).margin(1e-12));
    }
  Visits visits;
  auto problem = two(visits);
  FirstAlone view(problem);
  for (const std::string use : {"gsam", "looksam", "m_sam"})
    CHECK_THROWS_WITH(make(use)->check(view), Catch::Matchers::Contains("`w1` is not to be"));
  CHECK_THROWS_WITH(make("bsam")->check(view), Catch::Matchers::Contains("`w1` is the scale"));
}
