// Example of a procedure: mean and standard deviation of each input, over the training split.
#include <algorithm>

#include <ATen/ops/zeros.h>

#include "assay/registry.h"

namespace {

class InputStatistics final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t batch = 256;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("batch", &Params::batch, assay::at_least(1),
                                         "Samples per unit.");
  }
  static assay::Strings needs() { return {"dataset"}; }
  static assay::Strings artifacts() { return {"statistics"}; }
  explicit InputStatistics(const Params& params) : p_(params) {}

  std::int64_t units(const assay::Parts& parts) const override {
    return (samples(parts) + p_.batch - 1) / p_.batch;
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const auto first = unit * p_.batch, count = std::min(p_.batch, samples(parts) - first);
    const auto ids = parts.dataset->ids(assay::Split::kTrain)
                         .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const auto stream = context.rng.fork("load").fork(static_cast<std::uint64_t>(unit));
    const auto x = parts.dataset->load(ids, context.with(stream)).input.to(torch::kDouble);
    sum_ = sum_ + x.sum(0);
    squares_ = squares_ + x.square().sum(0);
    results.metric("train/samples", static_cast<double>(first + count));
    if (unit + 1 < units(parts)) return;
    const auto n = static_cast<double>(samples(parts));
    const auto mean = sum_ / n, variance = squares_ / n - mean.square();
    results.artifact("statistics", {{"mean", mean}, {"deviation", variance.clamp_min(0).sqrt()}});
  }

  void save(assay::State& state) const override {
    state.put("sum", sum_);
    state.put("squares", squares_);
  }
  void load(const assay::State& state) override {
    sum_ = state.tensor("sum").cpu();
    squares_ = state.tensor("squares").cpu();
  }

 private:
  static std::int64_t samples(const assay::Parts& parts) {
    return static_cast<std::int64_t>(parts.dataset->ids(assay::Split::kTrain).size());
  }

  Params p_;
  torch::Tensor sum_ = at::zeros({}, torch::kDouble), squares_ = sum_;  // over the units done
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<InputStatistics>("input_statistics",
                                "Computes mean and standard deviation of each input.");
}
