// A change of the gradient reaches every function that gives one; contracts of objectives.
#include <catch2/catch.hpp>

#include "assay/sdk/problem_view.h"
#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;
using assay::testing::TwoTerms;
using Catch::Contains;

namespace {

class Doubled final : public ChangedGradient {
 public:
  explicit Doubled(Problem& inner) : ChangedGradient(inner, "doubled") {}

 protected:
  void change(Tensors& gradient) override {
    for (auto& g : gradient) g.mul_(2);
  }
};

void check_double(const Tensors& changed, const Tensors& plain) {
  REQUIRE(changed.size() == plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(at::equal(changed[i], plain[i] * 2));
}

struct Step {
  TinyData data;
  TinyModel model{0};
  TwoTerms objective;
  BatchProblem problem{model, objective, {.groups = data.info().groups}};

  Step() {
    const Context context{torch::kCPU, Rng(1), nullptr};
    problem.begin({data.load(data.ids(Split::kTrain).first(12), context)}, context, 1);
  }
};

}  // namespace

TEST_CASE("a changed gradient is changed in all functions, and losses are not") {
  Step step;
  Doubled view(step.problem);
  check_double(view.raw_gradient().tensors, step.problem.raw_gradient().tensors);
  const Weigh weigh = [](const std::vector<Part>& parts) {
    return std::vector<double>(parts.size(), 0.3);
  };
  for (const auto by : {By::kTerm, By::kGroup}) {
    const auto changed = view.gradients(by), plain = step.problem.gradients(by);
    REQUIRE(changed.size() == 2);
    for (std::size_t k = 0; k < plain.size(); ++k) {
      check_double(changed[k].gradient, plain[k].gradient);
      CHECK(changed[k].loss == plain[k].loss);
    }
    check_double(view.gradient_of(by, 1).gradient, step.problem.gradient_of(by, 1).gradient);
    check_double(view.weighted_gradient(by, weigh).tensors,
                 step.problem.weighted_gradient(by, weigh).tensors);
  }
  const auto parts = view.split(5), plain = step.problem.split(5);
  REQUIRE(parts.size() == 3);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    CHECK(parts[k].share == plain[k].share);
    check_double(parts[k].problem->raw_gradient().tensors,
                 plain[k].problem->raw_gradient().tensors);
    const auto halves = parts[k].problem->split(1);
    check_double(halves[0].problem->raw_gradient().tensors,
                 plain[k].problem->split(1)[0].problem->raw_gradient().tensors);
  }
  CHECK(view.loss() == step.problem.loss());
  CHECK_THROWS_WITH(view.hessian_times(step.problem.parameters()),
                    Contains("optimizer `doubled` changes the gradient"));
}

namespace {

// Breaks one promise of an objective.
class Broken final : public Objective {
 public:
  explicit Broken(std::string how) : how_(std::move(how)) {}
  const std::vector<std::string>& terms() const override { return names_; }
  Batch prepare(Model&, const Batch& batch, const Context&) override {
    auto other = batch;
    if (how_ == "ids") other.id = batch.id + 1;
    if (how_ == "groups") other.group = batch.group + 1;
    if (how_ == "extra") other.extra["mixed"] = at::zeros({3});
    return other;
  }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto loss = at::cross_entropy_loss(model.forward(batch).logits, batch.target);
    return {{how_ == "detached" ? loss.detach() : loss}};
  }

 private:
  std::string how_;
  std::vector<std::string> names_{"fit"};
};

}  // namespace

TEST_CASE("an objective that breaks a promise is told which one") {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"ids", "prepares a batch with other ids"},
      {"groups", "prepares a batch with other groups"},
      {"extra", "prepares a batch with `mixed` of another length"},
      {"detached", "the loss (terms fit) depends on none of the trained parameters"}};
  for (const auto& [how, sentence] : cases) {
    INFO(how);
    const TinyData data;
    TinyModel model(0);
    Broken objective(how);
    BatchProblem problem(model, objective, {});
    const Context context{torch::kCPU, Rng(1), nullptr};
    const auto step = [&] {
      problem.begin({data.load(data.ids(Split::kTrain).first(12), context)}, context, 1);
      problem.gradient();
    };
    if (how.empty())
      CHECK_NOTHROW(step());
    else
      CHECK_THROWS_WITH(step(), Contains(sentence));
  }
}
