// More wrong components: what is taken from a batch, left behind by a step, or lost by a later
// stage.
#include <catch2/catch.hpp>

#include <ATen/ops/zeros.h>

#include "tests/conformance/wrong.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

// Descent whose every step is `kStep` times what `Take` asks for.
template <class Take>
class Descent : public Optimizer {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  explicit Descent(Params) {}
  double step(Problem& problem) override {
    const torch::NoGradGuard no_grad;
    return Take::step(problem);
  }
};

double descend(Problem& problem, const Gradient& gradient, double lr, std::size_t first = 0) {
  for (auto i = first; i < gradient.tensors.size(); ++i)
    problem.parameters()[i].sub_(gradient.tensors[i], lr);
  return gradient.loss;
}

struct Scheduled {
  static double step(Problem& problem) {
    return descend(problem, problem.gradient(), 0.05 * problem.learning_rate_factor());
  }
};
struct Unscheduled {
  static double step(Problem& problem) { return descend(problem, problem.gradient(), 0.05); }
};
struct Unclipped {
  static double step(Problem& problem) {
    return descend(problem, problem.raw_gradient(), 0.05 * problem.learning_rate_factor());
  }
};
struct SkipsFirst {
  static double step(Problem& problem) {
    return descend(problem, problem.gradient(), 0.05 * problem.learning_rate_factor(), 1);
  }
};
struct DecaysFirst {
  static double step(Problem& problem) {
    for (const auto& w : problem.parameters()) w.mul_(1 - 0.01 * problem.learning_rate_factor());
    return Scheduled::step(problem);
  }
};

struct LeavesMode : Plain {
  static Term term(Model& model, const torch::Tensor&, const torch::Tensor& each) {
    model.eval();
    return {each.mean(), 1, each};
  }
};

// The cross-entropy, weighted a second time.
class Weighted final : public Loss<Plain> {
 public:
  using Loss<Plain>::Loss;
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override {
    auto terms = Loss<Plain>::evaluate(model, batch, context);
    if (batch.weight.defined()) {
      terms[0].per_sample = terms[0].per_sample * batch.weight;
      terms[0].value = terms[0].per_sample.mean();
    }
    return terms;
  }
};

class WritesBatch final : public Loss<Plain> {
 public:
  using Loss<Plain>::Loss;
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override {
    batch.input.mul_(0.5);
    return Loss<Plain>::evaluate(model, batch, context);
  }
};

struct Centred : Straight {
  static torch::Tensor change(const torch::Tensor& x) { return x - x.mean(0); }
};

// A second layer that is not registered.
class Raw final : public Line<Straight> {
 public:
  Raw(Params params, const Info& info) : Line<Straight>(params, info) {
    scale_ = at::randn({3}).requires_grad_(true);
  }
  Output forward(const Batch& batch) override {
    return {Line<Straight>::forward(batch).logits * scale_};
  }

 private:
  torch::Tensor scale_;
};

class Cheats final : public Line<Straight> {
 public:
  using Line<Straight>::Line;
  Output forward(const Batch& batch) override {
    return {Line<Straight>::forward(batch).logits + batch.target.unsqueeze(1)};
  }
};

// Means of the classes; `kRegisters` them as a buffer, or keeps them to itself.
template <bool kRegisters>
class Means final : public Model, public Fitted {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  Means(Params, const Info& info) : means_(at::zeros({info.classes, 64})) {
    if (kRegisters) register_buffer("means", means_);
  }
  Output forward(const Batch& batch) override {
    return {-(batch.input.flatten(1).unsqueeze(1) - means_).square().sum(2)};
  }
  std::int64_t steps() const override { return 2; }
  bool fit(std::int64_t step, const Samples& samples, const Context&) override {
    for (std::int64_t c = 0; c < means_.size(0); ++c)
      means_[c].copy_(samples.input.flatten(1).index({samples.target == c}).mean(0));
    return step == 0;
  }

 private:
  torch::Tensor means_;
};

// Three samples; `How` gives wrong ones.
template <class How>
class Three final : public Dataset {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  explicit Three(Params) {
    info_.input_shape = {2};
    info_.classes = 2;
    info_.group_sizes = {3};
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    return split == Split::kTrain  ? std::span(kTrain)
           : split == Split::kTest ? How::test()
                                   : std::span<const std::int64_t>();
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    auto input = id.to(torch::kFloat).unsqueeze(1).repeat({1, 2});
    return {How::change(input), id % 2, id, at::zeros_like(id)};
  }

 private:
  static constexpr std::int64_t kTrain[] = {0, 1, 2};
  Info info_;
};

struct Sound {
  static std::span<const std::int64_t> test() {
    static constexpr std::int64_t ids[] = {3, 4};
    return ids;
  }
  static torch::Tensor change(const torch::Tensor& x) { return x; }
};
struct Overlaps : Sound {
  static std::span<const std::int64_t> test() {
    static constexpr std::int64_t ids[] = {2, 3};
    return ids;
  }
};
struct ByBatch : Sound {
  static torch::Tensor change(const torch::Tensor& x) { return x - x.mean(0); }
};
struct HasNan : Sound {
  static torch::Tensor change(const torch::Tensor& x) { return x / x; }
};

}  // namespace

TEST_CASE("right components of these kinds are found right") {
  CHECK(verdict<Descent<Scheduled>>() == "");
  CHECK(verdict<Means<true>>() == "");
  CHECK(verdict<Three<Sound>>() == "");
}

TEST_CASE("optimizers that ignore the schedule or clipping, or change weights too early") {
  CHECK_THAT(verdict<Descent<Unscheduled>>(),
             Contains("multiply the step by learning_rate_factor"));
  CHECK_THAT(verdict<Descent<Unclipped>>(), Contains("its steps are not clipped"));
  CHECK_THAT(verdict<Descent<SkipsFirst>>(), Contains("change some parameters and leave others"));
  CHECK_THAT(verdict<Descent<DecaysFirst>>(), Contains("a step that throws leaves other weights"));
}

TEST_CASE("objectives that change the mode or the batch, or weigh twice") {
  CHECK_THAT(verdict<Loss<LeavesMode>>(), Contains("it leaves the model in another mode"));
  CHECK_THAT(verdict<WritesBatch>(), Contains("it changes the batch that it is given"));
  CHECK_THAT(verdict<Weighted>(), Contains("reads Batch::weight"));
}

TEST_CASE("models that look at the batch or at targets, or hide weights") {
  CHECK_THAT(verdict<Line<Centred>>(), Contains("depend on the other samples of its batch"));
  CHECK_THAT(verdict<Cheats>(), Contains("depend on the targets or the ids"));
  CHECK_THAT(verdict<Raw>(), Contains("depend on a weight [3] that is not registered"));
  CHECK_THAT(verdict<Means<false>>(), Contains("a later stage, which has its buffers and state"));
}

TEST_CASE("datasets whose samples depend on the batch, overlap or are not finite") {
  CHECK_THAT(verdict<Three<Overlaps>>(), Contains("has the sample 2 in the splits train and test"));
  CHECK_THAT(verdict<Three<ByBatch>>(), Contains("a sample alone has other bytes than in a batch"));
  CHECK_THAT(verdict<Three<HasNan>>(), Contains("not finite"));
}
