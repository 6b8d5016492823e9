// DFR: Kirichenko, Izmailov and Wilson, "Last Layer Re-Training is Sufficient for Robustness to
// Spurious Correlations", ICLR 2023.
#include <algorithm>

#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "logistic.h"
#include "samples.h"

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

class Dfr final : public assay::Procedure {
 public:
  struct Params {
    std::string split = "validation";
    assay::Reals c = {1, 0.7, 0.3, 0.1, 0.07, 0.03, 0.01};
    std::int64_t refits = 10;
    std::int64_t batch = 256;
    std::vector<std::shared_ptr<assay::Metric>> metrics;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("split", &Params::split, one_of({"validation", "train"}),
               "Split that the last layer is trained on; its groups are used.")
        .field("c", &Params::c, above(0),
               "Inverse strengths of the L1 penalty to try; the value with the best worst-group "
               "accuracy is used.")
        .field(
            "refits", &Params::refits, at_least(1),
            "Number of group-balanced random subsets; the final last layer is the average of the "
            "solutions on all of them.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.")
        .components("metrics", &Params::metrics, {"standard"},
                    "What is measured on the validation and the test split at the end.");
  }
  static assay::Strings needs() {
    return {"model/LinearHead", "weights", "dataset/Classes", "objective?"};
  }

  Dfr(Params params, const assay::Info& info) : p_(std::move(params)) {
    if (info.classes < 2 || info.groups.size() < 2)
      throw Error(
          ErrorKind::kParameter,
          "balances the groups of a classification dataset: use one with two or more groups, "
          "such as `colored`");
    assay::check_metrics(p_.metrics);
    if (p_.c.empty()) throw Error(ErrorKind::kParameter, "`c` is empty: give at least one value");
  }

  void check(const assay::Parts& parts) const override {
    assay::check_sizes(p_.metrics, *parts.dataset, {Split::kValidation, Split::kTest});
  }

  std::int64_t units(const assay::Parts&) const override { return tries() + p_.refits; }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    if (!samples_.x.defined()) start(parts, context);
    if (unit < tries())
      scores_.push_back(score(p_.c[static_cast<std::size_t>(unit)], context.rng.fork("dfr")));
    else
      refit(context.rng.fork("dfr").fork("refit").fork(static_cast<std::uint64_t>(unit)));
    if (unit + 1 == units(parts)) finish(parts, context, results);
  }

  void save(assay::State& state) const override {
    state.put("scores", scores_);
    if (sum_.defined()) state.put("sum", sum_);
  }
  void load(const assay::State& state) override {
    scores_ = state.scalar<assay::Reals>("scores");
    if (state.has("sum")) sum_ = state.tensor("sum").cpu().clone();
  }

 private:
  // Nothing is to be chosen where there is one value.
  std::int64_t tries() const {
    return p_.c.size() > 1 ? static_cast<std::int64_t>(p_.c.size()) : 0;
  }

  double chosen() const {
    const auto best = std::max_element(scores_.begin(), scores_.end()) - scores_.begin();
    return p_.c[static_cast<std::size_t>(best)];
  }

  void start(assay::Parts& parts, const assay::Context& context) {
    classes_ = parts.dataset->info().classes;
    samples_ = features_of(parts, p_.split == "train" ? Split::kTrain : Split::kValidation,
                           p_.batch, context);
    const auto width =
        assay::as<assay::LinearHead>(*parts.model, "model", "LinearHead").head().weight.size(1);
    if (samples_.x.size(1) != width)
      throw Error(ErrorKind::kShape,
                  "the width of the model's features does not match its last layer");
    mean_ = samples_.x.mean(0);
    const auto deviation = (samples_.x - mean_).square().mean(0).sqrt();
    deviation_ = at::where(deviation > 0, deviation, at::ones_like(deviation));
    samples_.x = (samples_.x - mean_) / deviation_;
  }

  // A line a class, (w, b); of two classes the first one's is 0.
  torch::Tensor solve(const Samples& samples, double c, const assay::Rng& rng) const {
    auto lines = at::zeros({classes_, samples.x.size(1) + 1}, torch::kDouble);
    for (std::int64_t k = classes_ == 2 ? 1 : 0; k < classes_; ++k)
      lines[k] = fit_logistic(samples.x, samples.y == k, c,
                              static_cast<std::uint32_t>(rng.bits(static_cast<std::uint64_t>(k))));
    return lines;
  }

  // The worst group's accuracy on one half after training on the other.
  double score(double c, const assay::Rng& rng) const {
    const auto [one, other] = halves(samples_, rng.fork("halves"));
    const auto lines = solve(balanced(one, rng.fork("half")), c, rng.fork("solver"));
    return worst_group(other, lines);
  }

  void refit(const assay::Rng& rng) {
    const auto lines = solve(balanced(samples_, rng), chosen(), rng.fork("solver"));
    sum_ = sum_.defined() ? sum_ + lines : lines;
  }

  // w (x - mean) / deviation + b is linear in x.
  void finish(assay::Parts& parts, const assay::Context& context, assay::Results& results) {
    const torch::NoGradGuard no_grad;
    const auto lines = sum_ / static_cast<double>(p_.refits);
    const auto weight = lines.narrow(1, 0, mean_.size(0)) / deviation_;
    const auto head = assay::as<assay::LinearHead>(*parts.model, "model", "LinearHead").head();
    head.weight.copy_(weight);
    head.bias.copy_(lines.select(1, mean_.size(0)) - weight.matmul(mean_));
    results.metric("dfr/c", chosen());
    results.metric("dfr/zeros", (weight == 0).to(torch::kDouble).mean().item<double>());
    assay::PredictionSets sets;
    for (const auto split : {Split::kValidation, Split::kTest})
      if (!parts.dataset->ids(split).empty())
        sets[std::string(name_of(split))] =
            assay::predict(parts, split, p_.batch, assay::keeps_of(p_.metrics), context);
    assay::measure(p_.metrics, sets).write(results);
  }

  Params p_;
  std::int64_t classes_ = 0;
  Samples samples_;  // standardized
  torch::Tensor mean_, deviation_;
  assay::Reals scores_;  // of each c tried so far
  torch::Tensor sum_;    // of the solutions so far
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Dfr>("dfr",
                    "Deep feature reweighting: retrains the last layer on group-balanced samples "
                    "by L1-regularized logistic regression (Kirichenko et al., ICLR 2023).");
}
