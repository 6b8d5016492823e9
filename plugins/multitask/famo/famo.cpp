// FAMO: Liu, Feng, Stone and Liu, "FAMO: Fast Adaptive Multitask Optimization", NeurIPS 2023.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"
#include "logits.h"

namespace {

using assay::Tensors;

struct Params : assay::Rule::Params {
  double lr = 0.025;
  double weight_decay = 1e-3;
  assay::Reals floor;
};

class Famo final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("lr", &Params::lr, at_least(0),
                   "Learning rate of Adam for the logits xi of the weights.")
            .field("weight_decay", &Params::weight_decay, at_least(0),
                   "Weight decay of the logits: this times the logits is added to their gradient.")
            .field("floor", &Params::floor, any(),
                   "b, a lower bound of the loss of each term or group; empty: 0 for all."),
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Famo(Params params) : Rule(params, "famo"), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    Rule::check(problem);
    if (!p_.floor.empty()) check_length("floor", p_.floor.size(), parts(problem));
  }

  void save(assay::State& state) const override {
    state.put("xi", logits_.xi);
    state.put("mean", logits_.mean);
    state.put("square", logits_.square);
    state.put("count", logits_.count);
    Rule::save(state);
  }
  void load(const assay::State& state) override {
    logits_ = {state.scalar<assay::Reals>("xi"), state.scalar<assay::Reals>("mean"),
               state.scalar<assay::Reals>("square"), state.scalar<std::int64_t>("count")};
    Rule::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    first_.clear();
    const auto& names = parts(problem);
    start(names.size());
    z_ = logits_.softmax();
    before_ = assay::clone(problem.parameters());
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "famo", [this, &names](const std::vector<assay::Part>& present) {
          const auto above = above_floor(assay::all_losses(present, names.size()), names);
          if (first_.empty()) first_ = above;
          return assay::of_parts(weights_of(z_, above), present);
        });
  }

  void after_step(assay::Problem& problem) override {
    const auto before = std::move(before_);
    if (!first_.empty()) adapt(z_, first_, losses_after(problem, before));
  }

  static constexpr double kLeast = 1e-8;  // what a loss at or under its floor counts as afterwards

  void start(std::size_t count) {
    if (p_.floor.empty()) p_.floor.assign(count, 0);
    if (!logits_.xi.empty()) return;
    logits_.xi.assign(count, 0);
    logits_.square = logits_.mean = logits_.xi;
  }

  // A loss of exactly 0 is that of a part that the batch lacks; it stays 0.
  std::vector<double> above_floor(std::vector<double> losses, const assay::Strings& names) const {
    for (std::size_t i = 0; i < losses.size(); ++i) {
      if (losses[i] == 0) continue;
      if (losses[i] <= p_.floor[i])
        throw assay::Error(
            assay::ErrorKind::kNumeric,
            "`famo` takes the logarithm of each loss minus its `floor`; the loss of " +
                described(names[i]) + " is " + std::to_string(losses[i]) + " and must be above " +
                std::to_string(p_.floor[i]));
      losses[i] -= p_.floor[i];
    }
    return losses;
  }

  // c z_i / (l_i - b_i), where c makes them add up to 1; 0 for a part that the batch lacks.
  static std::vector<double> weights_of(const std::vector<double>& z,
                                        const std::vector<double>& above) {
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
      sum += weights.emplace_back(above[i] > 0 ? z[i] / above[i] : 0);
    for (double& weight : weights) weight /= sum > 0 ? sum : 1;
    return weights;
  }

  // On the same batch; where there are none, the step has not been taken.
  std::vector<double> losses_after(assay::Problem& problem, const Tensors& before) const try {
    return assay::all_losses(problem.losses(by()), parts(problem).size());
  } catch (...) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < before.size(); ++i) problem.parameters()[i].copy_(before[i]);
    throw;
  }

  // A part whose logarithm fell by more than the others' loses weight; one that is absent before or
  // after counts as if it had fallen like the mean of the others, which adds nothing to its logit's
  // gradient.
  void adapt(const std::vector<double>& z, const std::vector<double>& first,
             const std::vector<double>& after) {
    const auto absent = [&](std::size_t i) { return first[i] == 0 || after[i] == 0; };
    std::vector<double> fall(z.size());
    double sum = 0, present = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (absent(i)) continue;
      fall[i] = std::log(first[i]) - std::log(std::max(kLeast, after[i] - p_.floor[i]));
      sum += z[i] * fall[i];
      present += z[i];
    }
    for (std::size_t i = 0; i < z.size(); ++i)
      if (absent(i) && present > 0) fall[i] = sum / present;
    logits_.descend(fall, p_.lr, p_.weight_decay);
  }

  Params p_;
  Logits logits_;
  std::vector<double> z_, first_;  // the weights before the step, and l - b where it starts
  Tensors before_;                 // the parameters before the step
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Famo>("famo",
                     "FAMO (Liu et al., NeurIPS 2023): weights terms so that their losses decrease "
                     "at the same relative rate, with one backward pass per step.");
}
