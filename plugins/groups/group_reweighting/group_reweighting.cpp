// Importance weights by group: Shimodaira, "Improving predictive inference under covariate shift by
// weighting the log-likelihood function", J. Stat. Planning and Inference 90, 2000; as the baseline
// of Sagawa, Raghunathan, Koh and Liang, "An investigation of why overparameterization exacerbates
// spurious correlations", ICML 2020.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

class GroupReweighting final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double power = 1;
  };

  static assay::Strings needs() { return {"problem/Parts", "problem/Groups"}; }
  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("power", &Params::power, at_least(0),
               "Weights are proportional to (N / n_g)^power, for n_g of N training samples in "
               "group g: 1 gives all groups equal weight, 0 is the base optimizer.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted loss.");
  }

  GroupReweighting(Params params, const assay::Info& info)
      : Wrapper(params), p_(std::move(params)) {
    assay::check_groups(info);
    const auto& sizes = info.group_sizes;
    const auto smallest = static_cast<double>(*std::min_element(sizes.begin(), sizes.end()));
    double samples = 0, sum = 0;
    for (const auto size : sizes) {
      const auto n = static_cast<double>(size);
      samples += n;
      sum += n * weights_.emplace_back(std::pow(smallest / n, p_.power));  // at most 1
    }
    for (double& weight : weights_) weight *= samples / sum;
  }

  void check(assay::Problem& problem) override {
    if (p_.power != 0) assay::check_parts(problem, assay::By::kGroup, "group_reweighting");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.power == 0) return nullptr;
    return std::make_unique<assay::WeightedParts>(
        problem, assay::By::kGroup, "group_reweighting",
        [this](const std::vector<assay::Part>& present) { return shares(present); });
  }

  // Of the batch's mean, each times its group's weight.
  std::vector<double> shares(const std::vector<assay::Part>& present) const {
    auto all = assay::of_parts(weights_, present);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] *= present[i].share;
    return all;
  }

  Params p_;
  assay::Reals weights_;  // of a sample of each group; 1 in the mean over the training samples
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GroupReweighting>(
      "group_reweighting",
      "Weights the loss of each sample by the inverse frequency of its group (Shimodaira, 2000).");
}
