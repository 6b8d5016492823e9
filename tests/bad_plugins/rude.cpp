// A plugin that is in order but for one moment: while it is loaded, when its component is built, in
// its third step, or when it saves. Its optimizer is plain descent, so that a trial whose moment
// leaves no trace ends in the bytes of the polite one. Its objective, of the same name, is the mean
// square of the model's output.
#include <string>

#include "assay/registry.h"
#include "deeds.h"

namespace {

using namespace std::string_view_literals;
constexpr int kMoment = 2;  // the step, from 0

struct StaticMoment {
  StaticMoment() { rude::act("static"); }
};
const StaticMoment loaded;

bool does(std::string_view deed) {
  return rude::when == "step"sv && rude::deed == deed;
}

class Rude final : public assay::Optimizer {
 public:
  struct Params {
    double lr = 0.01;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("lr", &Params::lr, assay::above(0), "Step size.");
  }
  explicit Rude(const Params& params) : p_(params) { rude::act("constructor"); }

  double step(assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    const auto gradient = problem.gradient();
    const auto& w = problem.parameters();
    for (std::size_t k = 0; k < w.size(); ++k) w[k].sub_(gradient.tensors[k], p_.lr);
    if (steps_++ != kMoment) return gradient.loss;
    rude::act("step");
    return with_tensors(w, gradient.loss);
  }

  void save(assay::State& state) const override {
    rude::act("save");
    state.put("steps", steps_);
  }
  void load(const assay::State& state) override { steps_ = state.scalar<std::int64_t>("steps"); }

 private:
  double with_tensors(const assay::Tensors& w, double loss) {
    if (does("answers_nan")) return std::numeric_limits<double>::quiet_NaN();
    for (const auto& x : w) {
      if (does("makes_weights_infinite")) x.fill_(std::numeric_limits<float>::infinity());
      if (does("adds_wrong_shape")) x.add_(x.new_ones({x.numel() + 1}));
      if (does("resizes_weights")) x.resize_({x.numel() + 1});
      if (does("writes_grad")) x.mutable_grad() = x.new_ones(x.sizes());
    }
    return loss;
  }

  Params p_;
  std::int64_t steps_ = 0;
};

class RudeObjective final : public assay::Objective {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit RudeObjective(const Params&) {}

  const std::vector<std::string>& terms() const override { return terms_; }
  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    if (rude::deed == "keeps_batches"sv) kept_.push_back(batch);
    auto logits = model.forward(batch).logits;
    auto value = logits.square().mean();
    if (rude::deed == "answers_vectors"sv) return {{logits}};
    if (rude::deed == "answers_no_terms"sv) return {};
    return {{value}};
  }

 private:
  std::vector<std::string> terms_{"square"};
  std::vector<assay::Batch> kept_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  static_cast<void>(loaded);
  rude::act("register");
  const std::string name = "rude_" + std::string(rude::when) + "_" + rude::deed;
  if (rude::deed == "returns_nothing"sv) {
    registry.insert({.kind = "optimizer",
                     .name = name,
                     .doc = "Makes nothing.",
                     .make = [](const assay::Build&) { return std::shared_ptr<void>(); }});
    return;
  }
  registry.add<Rude>(name, "Descent that misbehaves once.");
  registry.add<RudeObjective>(name, "The mean square of the model's output.");
}
