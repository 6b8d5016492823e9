// Samples of a Markov chain, or the snapshots of a training, kept as they are.
#include <ATen/ops/stack.h>

#include "assay/callback.h"
#include "assay/registry.h"
#include "assay/sdk/collecting.h"
#include "assay/sdk/posterior.h"
#include "bayes/shared/fixed.h"

namespace {

using assay::Tensors;

class CollectSamples final : public assay::Callback {
 public:
  struct Params {
    double start = 0.5;
    std::int64_t every = 0;
    std::int64_t most = 100;
  };

  static assay::Strings artifacts() { return {assay::kPosterior}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("start", &Params::start, below(0, 1),
               "Fraction of the training after which weights are kept: what is before it is the "
               "burn-in of a Markov chain.")
        .field("every", &Params::every, at_least(0),
               "Steps between two sets of weights that are kept; 0: one epoch.")
        .field("most", &Params::most, at_least(1),
               "Largest number of sets, since all of them are in memory and in each checkpoint; "
               "a training that would keep more is refused.");
  }

  explicit CollectSamples(const Params& params) : p_(params) {}

  void check(const assay::TrainingSpan& span, const assay::Parts&) const override {
    const assay::CollectingTimes times(span, p_.start, p_.every);
    const auto count = times.count();
    times.check_count(count, 1, "collect_samples");
    if (count > p_.most)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`collect_samples` would keep " + std::to_string(count) +
                             " sets of weights, and `most` is " + std::to_string(p_.most) +
                             ": use a larger `every` or `most`");
  }

  void start(const assay::TrainingSpan& span, assay::Parts&, const assay::Context&) override {
    times_ = {span, p_.start, p_.every};
  }

  void after_step(std::int64_t step, assay::Parts& parts, const assay::Context&,
                  assay::Results&) override {
    if (!times_.is_due(step)) return;
    Tensors set;
    for (const auto& [name, w] : assay::trained_parameters(*parts.model))
      set.push_back(w.detach().clone());
    sets_.push_back(std::move(set));
  }

  void finish(assay::Parts& parts, const assay::Context&, assay::Results& results) override {
    times_.check_count(std::ssize(sets_), 1, "collect_samples");
    assay::Posterior left;
    for (const auto& [name, w] : assay::trained_parameters(*parts.model)) {
      Tensors one;
      for (const auto& set : sets_) one.push_back(set.at(left.names.size()));
      left.names.push_back(name);
      left.samples.push_back(at::stack(one));
    }
    auto artifact = assay::to_artifact(left);
    bayes::add_fixed(artifact, *parts.model);
    results.artifact(assay::kPosterior, artifact);
  }

  void save(assay::State& state) const override {
    state.put("count", static_cast<std::int64_t>(sets_.size()));
    for (std::size_t k = 0; k < sets_.size(); ++k)
      state.put_list("set" + std::to_string(k), sets_[k]);
  }
  void load(const assay::State& state) override {
    sets_.resize(static_cast<std::size_t>(state.scalar<std::int64_t>("count")));
    for (std::size_t k = 0; k < sets_.size(); ++k) sets_[k] = state.list("set" + std::to_string(k));
  }

 private:
  Params p_;
  assay::CollectingTimes times_;
  std::vector<Tensors> sets_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CollectSamples>("collect_samples",
                               "Keeps the weights at regular steps, as of a Markov chain after "
                               "its burn-in, for the predictor `posterior`.");
}
