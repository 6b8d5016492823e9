// SWAG: Maddox, Garipov, Izmailov, Vetrov and Wilson, "A simple baseline for Bayesian uncertainty
// in deep learning", NeurIPS 2019, algorithm 1.
#include <deque>

#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/collecting.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/tensors.h"
#include "bayes/shared/fixed.h"

namespace {

using assay::Tensors;

class Swag final : public assay::Callback {
 public:
  struct Params {
    double start = 0.75;
    std::int64_t every = 0;
    std::int64_t rank = 20;
  };

  static assay::Strings artifacts() { return {assay::kPosterior}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("start", &Params::start, below(0, 1),
               "Fraction of the training after which weights are collected.")
        .field("every", &Params::every, at_least(0),
               "Steps between two sets of weights that are collected; 0: one epoch.")
        .field("rank", &Params::rank, at_least(0),
               "K: number of the last deviations from the mean that are kept; 0: the diagonal "
               "alone (SWAG-Diagonal).");
  }

  explicit Swag(const Params& params) : p_(params) {
    if (p_.rank == 1)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`rank` is 1, and the covariance divides by rank - 1: use 2 or more, or "
                         "0 for the diagonal alone");
  }

  void check(const assay::TrainingSpan& span, const assay::Parts&) const override {
    const assay::CollectingTimes times(span, p_.start, p_.every);
    times.check_count(times.count(), std::max<std::int64_t>(p_.rank, 2), "swag",
                      p_.rank > 2 ? ", or a smaller `rank`" : "");
  }

  void start(const assay::TrainingSpan& span, assay::Parts& parts, const assay::Context&) override {
    times_ = {span, p_.start, p_.every};
    if (!mean_.empty() && mean_.size() != assay::trained_parameters(*parts.model).size())
      throw assay::Error(assay::ErrorKind::kCorrupt,
                         "the mean in the checkpoint has other tensors than the model");
  }

  void after_step(std::int64_t step, assay::Parts& parts, const assay::Context&,
                  assay::Results&) override {
    if (times_.is_due(step)) collect(assay::trained_parameters(*parts.model));
  }

  void finish(assay::Parts& parts, const assay::Context& context,
              assay::Results& results) override {
    times_.check_count(count_, 2, "swag");
    if (count_ < p_.rank)  // whoever made this training shorter than it was to be
      context.note("`swag` has " + std::to_string(count_) + " sets of weights for its rank of " +
                   std::to_string(p_.rank) + ", since the training stopped early");
    const torch::NoGradGuard no_grad;
    assay::Posterior left{.rank = p_.rank, .scale = p_.rank > 0 ? 0.5 : 1};
    for (const auto& [name, w] : assay::trained_parameters(*parts.model)) {
      const auto i = left.names.size();
      left.names.push_back(name);
      left.mean.push_back(mean_[i].to(w.scalar_type()));
      left.variance.push_back((squares_[i] / static_cast<double>(count_)).to(w.scalar_type()));
      Tensors rows;
      for (const auto& row : rows_) rows.push_back(row[i]);
      if (!rows.empty()) left.deviations.push_back(at::stack(rows));
    }
    auto artifact = assay::to_artifact(left);
    bayes::add_fixed(artifact, *parts.model);
    results.artifact(assay::kPosterior, artifact);
  }

  void save(assay::State& state) const override {
    state.put("count", count_);
    state.put_list("mean", mean_);
    state.put_list("squares", squares_);
    state.put("rows", static_cast<std::int64_t>(rows_.size()));
    for (std::size_t k = 0; k < rows_.size(); ++k)
      state.put_list("row" + std::to_string(k), rows_[k]);
  }
  void load(const assay::State& state) override {
    count_ = state.scalar<std::int64_t>("count");
    mean_ = assay::clone(state.list("mean"));
    squares_ = assay::clone(state.list("squares"));
    rows_.resize(static_cast<std::size_t>(state.scalar<std::int64_t>("rows")));
    for (std::size_t k = 0; k < rows_.size(); ++k) rows_[k] = state.list("row" + std::to_string(k));
  }

 private:
  // Welford's sums, in float64: the difference of two large means would cancel.
  void collect(const assay::NamedTensors& weights) {
    const torch::NoGradGuard no_grad;
    ++count_;
    Tensors row;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto w = weights[i].second.detach().to(torch::kDouble);
      if (count_ == 1) {
        mean_.push_back(at::zeros_like(w));
        squares_.push_back(at::zeros_like(w));
      }
      const auto before = w - mean_[i];
      mean_[i].add_(before, 1 / static_cast<double>(count_));
      const auto deviation = w - mean_[i];  // from the mean that has w in it
      squares_[i].addcmul_(before, deviation);
      if (p_.rank > 0) row.push_back(deviation.to(weights[i].second.scalar_type()));
    }
    if (p_.rank == 0) return;
    rows_.push_back(std::move(row));
    if (std::ssize(rows_) > p_.rank) rows_.pop_front();
  }

  Params p_;
  assay::CollectingTimes times_;
  std::int64_t count_ = 0;
  Tensors mean_, squares_;  // of deviations from the mean
  std::deque<Tensors> rows_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Swag>("swag",
                     "SWAG (Maddox et al., NeurIPS 2019): leaves a Gaussian around the mean of the "
                     "weights at the ends of late epochs, for the predictor `posterior`.");
}
