// Group DRO, Algorithm 1 of Sagawa, Koh, Hashimoto and Liang, "Distributionally Robust Neural
// Networks for Group Shifts", ICLR 2020.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

struct Params : assay::Rule::Params {
  Params() { over = "groups"; }
  double eta = 0.01;
  double adjustment = 0;
};

class GroupDro final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("eta", &Params::eta, at_least(0),
                   "Step size of the exponentiated ascent of the weights q; 0 keeps them equal.")
            .field("adjustment", &Params::adjustment, at_least(0),
                   "C of the generalization adjustment: C / sqrt(n_g) is added to the loss of a "
                   "group with n_g training samples; 0 if terms are weighted."),
        "Optimizer that takes the step with the gradient of the weighted loss.");
  }

  GroupDro(const Params& params, const assay::Info& info) : Rule(params, "group_dro"), p_(params) {
    if (by() == assay::By::kGroup) {
      assay::check_groups(info);
      for (const auto size : info.group_sizes)
        added_.push_back(p_.adjustment / std::sqrt(static_cast<double>(size)));
    } else if (p_.adjustment > 0) {
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`adjustment` divides by the sizes of groups, but `over` is `terms`: use "
                         "`adjustment: 0`");
    }
  }

  void save(assay::State& state) const override {
    state.put("q", q_);
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    q_ = state.scalar<assay::Reals>("q");
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    const auto count = parts(problem).size();
    if (q_.empty()) q_.assign(count, 1.0 / static_cast<double>(count));
    next_.clear();
    return std::make_unique<assay::WeightedParts>(
        problem, by(), "group_dro", [this, count](const std::vector<assay::Part>& present) {
          if (next_.empty()) next_ = ascended(assay::all_losses(present, count));
          return assay::of_parts(next_, present);
        });
  }

  void after_step(assay::Problem&) override {
    if (!next_.empty()) q_ = std::move(next_);
  }

  // A part that the batch lacks counts as one without loss, as in the authors' program.
  assay::Reals ascended(std::vector<double> losses) const {
    for (std::size_t g = 0; g < added_.size(); ++g) losses[g] += added_[g];
    const double largest = *std::max_element(losses.begin(), losses.end());  // prevents overflow
    auto q = q_;
    double sum = 0;
    for (std::size_t g = 0; g < q.size(); ++g)
      sum += q[g] *= std::exp(p_.eta * (losses[g] - largest));
    for (double& value : q) value /= sum;
    return q;
  }

  Params p_;
  assay::Reals added_;  // the adjustment of each group
  assay::Reals q_;
  assay::Reals next_;  // q after this step: of the first gradient that the base asks for
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GroupDro>("group_dro",
                         "Group distributionally robust optimization (Sagawa et al., ICLR 2020): "
                         "increases the weights of the groups, or terms, with the largest losses.");
}
