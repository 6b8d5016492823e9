// FAMO: Liu, Feng, Stone and Liu, "FAMO: Fast Adaptive Multitask Optimization", NeurIPS 2023.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"
#include "logits.h"

namespace {

using assay::Tensors;

struct Params : assay::Wrapper::Params {
  double lr = 0.025;
  double weight_decay = 1e-3;
  assay::Reals floor;
};

class Famo final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("lr", &Params::lr, at_least(0),
               "Learning rate of Adam for the logits xi of the weights.")
        .field("weight_decay", &Params::weight_decay, at_least(0),
               "Weight decay of the logits: this times the logits is added to their gradient.")
        .field("floor", &Params::floor, any(),
               "b, a lower bound of the loss of each term; empty: 0 for all.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Famo(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_terms(problem, "famo");
    const auto& terms = problem.terms();
    if (!p_.floor.empty() && p_.floor.size() != terms.size()) throw wrong_length(terms);
    Wrapper::check(problem);
  }

  void save(assay::State& state) const override {
    state.scalars["xi"] = logits_.xi;
    state.scalars["mean"] = logits_.mean;
    state.scalars["square"] = logits_.square;
    state.scalars["count"] = logits_.count;
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    logits_ = {state.scalar<assay::Reals>("xi"), state.scalar<assay::Reals>("mean"),
               state.scalar<assay::Reals>("square"), state.scalar<std::int64_t>("count")};
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    first_.clear();
    const auto& terms = problem.terms();
    if (terms.size() == 1) return nullptr;
    start(terms.size());
    z_ = logits_.softmax();
    before_ = copies(problem.parameters());
    return std::make_unique<assay::WeightedTerms>(
        problem, "famo", [this, &problem](const std::vector<double>& losses) {
          const auto above = above_floor(losses, problem.terms());
          if (first_.empty()) first_ = above;
          return weights_of(z_, above);
        });
  }

  void after_step(assay::Problem& problem) override {
    const auto before = std::move(before_);
    if (!first_.empty()) adapt(z_, first_, losses_after(problem, before));
  }

  static constexpr double kLeast = 1e-8;  // what a loss at or under its floor counts as afterwards

  void start(std::size_t terms) {
    if (p_.floor.empty()) p_.floor.assign(terms, 0);
    if (!logits_.xi.empty()) return;
    logits_.xi.assign(terms, 0);
    logits_.square = logits_.mean = logits_.xi;
  }

  // A loss of exactly 0 is that of a term that the batch lacks; it stays 0.
  std::vector<double> above_floor(std::vector<double> losses, const assay::Strings& terms) const {
    for (std::size_t i = 0; i < losses.size(); ++i) {
      if (losses[i] == 0) continue;
      if (losses[i] <= p_.floor[i])
        throw assay::Error(assay::ErrorKind::kNumeric,
                           "`famo` takes the logarithm of each loss minus its `floor`; the loss of "
                           "term " +
                               terms[i] + " is " + std::to_string(losses[i]) +
                               " and must be above " + std::to_string(p_.floor[i]));
      losses[i] -= p_.floor[i];
    }
    return losses;
  }

  // c z_i / (l_i - b_i), where c makes them add up to 1; 0 for a term that the batch lacks.
  static std::vector<double> weights_of(const std::vector<double>& z,
                                        const std::vector<double>& above) {
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
      sum += weights.emplace_back(above[i] > 0 ? z[i] / above[i] : 0);
    for (double& weight : weights) weight /= sum > 0 ? sum : 1;
    return weights;
  }

  static Tensors copies(const Tensors& weights) {
    Tensors all;
    for (const auto& w : weights) all.push_back(w.detach().clone());
    return all;
  }

  // On the same batch; where there are none, the step has not been taken.
  static std::vector<double> losses_after(assay::Problem& problem, const Tensors& before) try {
    return problem.losses();
  } catch (...) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < before.size(); ++i) problem.parameters()[i].copy_(before[i]);
    throw;
  }

  // A term whose logarithm fell by more than the others' loses weight; one that is absent before or
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

  assay::Error wrong_length(const assay::Strings& terms) const {
    return {assay::ErrorKind::kParameter,
            "optimizer `famo`: `floor` has " + std::to_string(p_.floor.size()) +
                " numbers, expected none or one for each of the " + std::to_string(terms.size()) +
                " terms " + assay::listed(terms)};
  }

  Params p_;
  Logits logits_;
  std::vector<double> z_, first_;  // the weights before the step, and l - b where it starts
  Tensors before_;                 // the parameters before the step
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Famo>(
      "famo",
      "FAMO (Liu et al., NeurIPS 2023): weights terms so that their losses decrease at "
      "the same relative rate, with one backward pass per step.");
}
