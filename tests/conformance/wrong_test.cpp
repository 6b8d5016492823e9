// Wrong components, each in one way: the conformance tests say which.
#include <catch2/catch.hpp>

#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>

#include "tests/conformance/wrong.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

struct Forgets : Right {
  static constexpr bool kSaves = false;
};
struct SavesTooMuch : Right {
  static constexpr bool kSavesMore = true;
};
struct StandsStill : Right {
  static constexpr double kStep = 0;
};
struct DrawsAtLarge : Right {
  static torch::Tensor change(const torch::Tensor& g) { return g + at::randn(g.sizes()) * 0.01; }
};
struct Explodes : Right {
  static torch::Tensor change(const torch::Tensor& g) { return g / 0.0; }
};

struct Detached {
  static Term term(Model&, const torch::Tensor&, const torch::Tensor& each) {
    return {each.mean().detach(), 1};
  }
};
struct OtherMean {
  static Term term(Model&, const torch::Tensor&, const torch::Tensor& each) {
    return {each.mean() * 2, 1, each};
  }
};
struct Sum {
  static Term term(Model&, const torch::Tensor&, const torch::Tensor& each) {
    return {each.sum(), 1};
  }
};
struct Writes {
  static Term term(Model& model, const torch::Tensor&, const torch::Tensor& each) {
    const torch::NoGradGuard no_grad;
    auto parameters = model.parameters();
    parameters[0].add_(0.1);
    return Plain::term(model, {}, each);
  }
};
struct Noisy {
  static Term term(Model&, const torch::Tensor&, const torch::Tensor& each) {
    return {each.mean() + at::rand({}), 1};
  }
};

struct Unregistered : Straight {
  static constexpr bool kRegisters = false;
};
struct Idle : Straight {
  static constexpr bool kIdle = true;
};
struct Cut : Straight {
  static torch::Tensor change(const torch::Tensor& x) { return x.detach(); }
};
struct Wide : Straight {
  static torch::Tensor change(const torch::Tensor& x) { return x.repeat({1, 2}); }
};
struct Shaky : Straight {
  static torch::Tensor change(const torch::Tensor& x) { return x + at::rand(x.sizes()); }
};

// It learns a shift beside its weights, and `kSaves` it or not.
template <bool kSaves>
class Shifted final : public Line<Straight>, public Stateful {
 public:
  using Line<Straight>::Line;
  Output forward(const Batch& batch) override {
    auto output = Line<Straight>::forward(batch);
    if (is_training()) shift_ += 0.1;
    output.logits = output.logits + shift_ * at::ones({3}).cumsum(0);
    return output;
  }
  void save(State& state) const override {
    if (kSaves) state.put("shift", shift_);
  }
  void load(const State& state) override {
    if (kSaves) shift_ = state.scalar<double>("shift");
  }

 private:
  double shift_ = 0;
};

class Restless final : public Dataset {
 public:
  using Params = Nothing;
  static Schema<Params> schema() { return {}; }
  explicit Restless(Params) {
    info_.input_shape = {2};
    info_.classes = 2;
    info_.group_sizes = {3};
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    return split == Split::kTrain ? ids_ : std::span<const std::int64_t>();
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto n = static_cast<std::int64_t>(ids.size());
    return {at::rand({n, 3}), at::rand({n}).mul(4).to(torch::kInt64),
            torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())),
            torch::zeros({n}, torch::kInt64)};
  }

 private:
  static constexpr std::int64_t ids_[] = {2, 1, 0};
  Info info_;
};

}  // namespace

TEST_CASE("a right component is found right") {
  CHECK(verdict<Momentum<Right>>() == "");
  CHECK(verdict<Loss<Plain>>() == "");
  CHECK(verdict<Line<Straight>>() == "");
}

TEST_CASE("wrong optimizers") {
  CHECK_THAT(verdict<Momentum<Forgets>>(), Contains("save() or load() forgets something"));
  CHECK_THAT(verdict<Momentum<SavesTooMuch>>(),
             Contains("load() does not read what save() wrote: steps"));
  CHECK_THAT(verdict<Momentum<StandsStill>>(), Contains("its steps change no weight"));
  CHECK_THAT(verdict<Momentum<DrawsAtLarge>>(), Contains("draw from problem.rng()"));
  CHECK_THAT(verdict<Momentum<Explodes>>(), Contains("nan"));
}

TEST_CASE("wrong objectives") {
  CHECK_THAT(verdict<Loss<Detached>>(), Contains("the term `loss` requires no gradient"));
  CHECK_THAT(verdict<Loss<OtherMean>>(), Contains("is not the mean of its losses per sample"));
  CHECK_THAT(verdict<Loss<Sum>>(), Contains("is not the mean of those of two halves"));
  CHECK_THAT(verdict<Loss<Writes>>(), Contains("it changes the model's weights"));
  CHECK_THAT(verdict<Loss<Noisy>>(),
             Contains("another one the second time: draw from context.rng"));
}

TEST_CASE("wrong models") {
  CHECK_THAT(verdict<Line<Unregistered>>(), Contains("it registers no parameter"));
  CHECK_THAT(verdict<Line<Idle>>(), Contains("its parameter `idle` gets no gradient"));
  CHECK_THAT(verdict<Line<Cut>>(), Contains("its logits require no gradient"));
  CHECK_THAT(verdict<Line<Wide>>(), Contains("gives logits [8, 6], expected [8, 3]"));
  CHECK_THAT(verdict<Line<Shaky>>(), Contains("draws random numbers"));
  CHECK(verdict<Shifted<true>>() == "");
  CHECK_THAT(verdict<Shifted<false>>(), Contains("resuming after step 2 gives other weights"));
}

TEST_CASE("a wrong dataset") {
  const auto text = verdict<Restless>();
  CHECK_THAT(text, Contains("other bytes the second time"));
  CHECK_THAT(text, Contains("the ids of split train are not ascending"));
  CHECK_THAT(text, Contains("another shape than Info::input_shape"));
  CHECK_THAT(text, Contains("default generator"));
}
