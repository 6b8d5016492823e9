// DWA, dynamic weight average: Liu, Johns and Davison, "End-to-End Multi-Task Learning with
// Attention", CVPR 2019.
#include <algorithm>
#include <cmath>
#include <utility>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

struct Params : assay::Rule::Params {
  double temperature = 2;
  std::int64_t every = 1;
};

class Dwa final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(Schema<Params>()
                          .field("temperature", &Params::temperature, above(0),
                                 "Temperature T of the softmax: a larger T gives more equal "
                                 "weights; the weights sum to the number of terms.")
                          .field("every", &Params::every, at_least(1),
                                 "Number of steps over which losses are averaged before they are "
                                 "compared; one epoch in the paper."),
                      "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Dwa(Params params) : Rule(params, "dwa"), p_(std::move(params)) {}

  void save(assay::State& state) const override {
    state.put("sum", sum_);
    state.put("last", last_);
    state.put("before", before_);
    state.put("count", count_);
    Rule::save(state);
  }
  void load(const assay::State& state) override {
    sum_ = state.scalar<assay::Reals>("sum");
    last_ = state.scalar<assay::Reals>("last");
    before_ = state.scalar<assay::Reals>("before");
    count_ = state.scalar<std::int64_t>("count");
    Rule::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    next_.clear();
    const auto& names = parts(problem);
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "dwa",
        [this, &names,
         weights = weights_of(names.size())](const std::vector<assay::Part>& present) {
          if (next_.empty()) next_ = added(assay::all_losses(present, names.size()), names);
          return assay::of_parts(weights, present);
        });
  }

  void after_step(assay::Problem&) override {
    if (next_.empty()) return;  // the base asked for no gradient
    sum_ = std::move(next_);
    if (++count_ == p_.every) {
      before_ = std::exchange(last_, std::exchange(sum_, {}));
      count_ = 0;
    }
  }

  // K softmax(r / T) of the ratios r of the last two periods' losses; 1 where one is exactly 0, of
  // a term that was in none of the batches.
  std::vector<double> weights_of(std::size_t count) const {
    if (before_.empty()) return std::vector<double>(count, 1);
    std::vector<double> x;
    for (std::size_t i = 0; i < count; ++i) {
      const bool seen = last_[i] > 0 && before_[i] > 0;
      x.push_back((seen ? last_[i] / before_[i] : 1) / p_.temperature);
    }
    const double largest = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (double& value : x) sum += value = std::exp(value - largest);
    for (double& value : x) value *= static_cast<double>(count) / sum;
    return x;
  }

  // Before the base moves anything, so that a loss without a ratio stops the step.
  assay::Reals added(assay::Reals losses, const assay::Strings& names) const {
    for (std::size_t i = 0; i < sum_.size(); ++i) losses[i] += sum_[i];
    for (std::size_t i = 0; count_ + 1 == p_.every && i < losses.size(); ++i)
      if (losses[i] < 0)
        throw assay::Error(
            assay::ErrorKind::kNumeric,
            "`dwa` compares losses with their earlier values, so they must not be negative; the "
            "loss of " +
                described(names[i]) + " is " +
                std::to_string(losses[i] / static_cast<double>(p_.every)) +
                " on average over `every` = " + std::to_string(p_.every) + " steps");
    return losses;
  }

  Params p_;
  assay::Reals sum_, last_, before_;  // sums of this period, the last one and the one before
  std::int64_t count_ = 0;            // steps of this period
  assay::Reals next_;                 // sum of this period, with this step
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Dwa>("dwa",
                    "Dynamic weight average (Liu et al., CVPR 2019): increases the weights of the "
                    "terms with the slowest decrease of the loss.");
}
