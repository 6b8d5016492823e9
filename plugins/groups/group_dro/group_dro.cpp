// Group DRO, Algorithm 1 of Sagawa, Koh, Hashimoto and Liang, "Distributionally Robust Neural
// Networks for Group Shifts", ICLR 2020.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

struct Params : assay::Wrapper::Params {
  double eta = 0.01;
  double adjustment = 0;
};

class GroupDro final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("eta", &Params::eta, at_least(0),
               "Step size of the exponentiated ascent of the group weights q; 0 keeps them equal.")
        .field("adjustment", &Params::adjustment, at_least(0),
               "C of the generalization adjustment: C / sqrt(n_g) is added to the loss of a group "
               "with "
               "n_g training samples.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted loss.");
  }

  GroupDro(Params params, const assay::Info& info)
      : Wrapper(params), p_(std::move(params)), info_(info) {
    assay::check_groups(info);
    q_.assign(info.groups.size(), 1.0 / static_cast<double>(info.groups.size()));
  }

  void check(assay::Problem& problem) override {
    assay::check_parts(problem, "group_dro");
    Wrapper::check(problem);
  }

  void save(assay::State& state) const override {
    state.scalars["q"] = q_;
    Wrapper::save(state);
  }
  void load(const assay::State& state) override {
    q_ = state.scalar<assay::Reals>("q");
    Wrapper::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    moved_ = false;
    return std::make_unique<assay::WeightedGroups>(
        problem, "group_dro", info_.groups, [this](const std::vector<assay::GroupLoss>& losses) {
          if (!moved_) ascend(losses);
          moved_ = true;
          std::vector<double> weights;
          for (const auto& loss : losses)
            weights.push_back(q_[static_cast<std::size_t>(loss.group)]);
          return weights;
        });
  }

  // A group that the batch lacks counts as one without loss, as in the authors' program.
  void ascend(const std::vector<assay::GroupLoss>& losses) {
    std::vector<double> all;
    for (const auto size : info_.group_sizes)
      all.push_back(p_.adjustment / std::sqrt(static_cast<double>(size)));
    for (const auto& [group, samples, loss] : losses)
      all.at(static_cast<std::size_t>(group)) += loss;
    const double largest = *std::max_element(all.begin(), all.end());  // so that nothing overflows
    double sum = 0;
    for (std::size_t g = 0; g < q_.size(); ++g)
      sum += q_[g] *= std::exp(p_.eta * (all[g] - largest));
    for (double& q : q_) q /= sum;
  }

  Params p_;
  assay::Info info_;
  assay::Reals q_;
  bool moved_ = false;  // in this step
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GroupDro>("group_dro",
                         "Group distributionally robust optimization (Sagawa et al., ICLR 2020): "
                         "increases the weights of the groups with the largest losses.");
}
