// Importance weights by group: Shimodaira, "Improving predictive inference under covariate shift by
// weighting the log-likelihood function", J. Stat. Planning and Inference 90, 2000; as the baseline
// of Sagawa, Raghunathan, Koh and Liang, "An investigation of why overparameterization exacerbates
// spurious correlations", ICML 2020.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

class GroupReweighting final : public assay::Wrapper {
 public:
  struct Params : assay::Wrapper::Params {
    double power = 1;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("power", &Params::power, at_least(0),
               "Weights are proportional to (N / n_g)^power, for n_g of N training samples in "
               "group g: "
               "1 gives all groups equal weight, 0 is the base optimizer.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted loss.");
  }

  GroupReweighting(Params params, const assay::Info& info)
      : Wrapper(params), p_(std::move(params)), groups_(info.groups) {
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
    if (p_.power != 0) assay::check_parts(problem, "group_reweighting");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    if (p_.power == 0) return nullptr;
    return std::make_unique<assay::WeightedGroups>(
        problem, "group_reweighting", groups_,
        [this](const std::vector<assay::GroupLoss>& losses) { return shares(losses); });
  }

  // Of the batch's mean, each times its group's weight.
  std::vector<double> shares(const std::vector<assay::GroupLoss>& losses) const {
    double samples = 0;
    for (const auto& loss : losses) samples += static_cast<double>(loss.samples);
    std::vector<double> all;
    for (const auto& [group, count, loss] : losses)
      all.push_back(weights_.at(static_cast<std::size_t>(group)) * static_cast<double>(count) /
                    samples);
    return all;
  }

  Params p_;
  assay::Strings groups_;
  assay::Reals weights_;  // of a sample of each group; 1 in the mean over the training samples
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GroupReweighting>(
      "group_reweighting",
      "Weights the loss of each sample by the inverse frequency of its group "
      "(Shimodaira, 2000).");
}
