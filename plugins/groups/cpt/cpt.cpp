// CPT's optimization: "Controllable Prompt Tuning For Balancing Group Distributional Robustness",
// Phan, Wilson and Lei, ICML 2024, as the authors' code computes it.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"
#include "weights.h"

namespace {

struct Params : assay::Wrapper::Params {
  assay::Reals control;
  double threshold = 1e-4;
  std::string share = "loss";
};

class Controlled final : public assay::CombinedGradient {
 public:
  Controlled(assay::Problem& inner, const Params& p, const assay::Strings& groups)
      : CombinedGradient(inner, "cpt"), p_(p), groups_(groups) {}

  assay::Gradient raw_gradient() override {
    auto parts = inner_.gradient_per_group();
    assay::Gradient sum;
    double samples = 0;
    std::vector<const assay::Tensors*> gradients;
    for (const auto& part : parts) {
      const auto count = static_cast<double>(part.group.samples);
      sum.loss += part.group.loss * count;
      samples += count;
      gradients.push_back(&part.tensors);
    }
    sum.loss /= samples;
    if (parts.size() == 1)
      sum.tensors = std::move(parts.front().tensors);
    else
      sum.tensors = assay::weighted_sum(gradients, weights(parts, assay::Gram(gradients)));
    return sum;
  }

 private:
  std::vector<double> weights(const std::vector<assay::GroupGradient>& parts,
                              const assay::Gram& gram) {
    std::vector<double> losses, control;
    double sum = 0;
    for (const auto& [at, gradient] : parts) {
      if (at.loss < 0)
        throw assay::Error(assay::ErrorKind::kNumeric,
                           "`cpt` needs group losses that are not negative; "
                           "the loss of group " +
                               name(at) + " is " + std::to_string(at.loss));
      losses.push_back(at.loss);
      sum += control.emplace_back(p_.control.at(static_cast<std::size_t>(at.group)));
    }
    for (double& r : control) r /= sum;  // the groups that the batch lacks are left out
    const auto balance = balance_of(losses, control, p_.share == "softmax");
    const auto found = weights_of(balance, gram, control, p_.threshold);
    inner_.report("entropy_gap", balance.gap);
    inner_.report("balancing", found.balancing ? 1 : 0);
    inner_.report("unsolved", found.solved ? 0 : 1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      inner_.report("share/" + name(parts[i].group), balance.share[i]);
      inner_.report("weight/" + name(parts[i].group), found.alpha[i]);
    }
    return found.alpha;
  }

  const std::string& name(const assay::GroupLoss& at) const {
    return groups_.at(static_cast<std::size_t>(at.group));
  }

  const Params& p_;
  const assay::Strings& groups_;
};

class Cpt final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("control", &Params::control, above(0),
               "r, one number per group: the losses are driven towards the proportions 1 / r, so a "
               "larger r_g means a smaller loss; empty: equal for all groups.")
        .field("threshold", &Params::threshold, at_least(0),
               "Largest gap ln G - H(h), in nats, at which the losses count as balanced; the step "
               "then "
               "lowers all of them.")
        .field("share", &Params::share, one_of({"loss", "softmax"}),
               "Definition of h: each group's share of the controlled loss, or the softmax of that "
               "loss.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  Cpt(Params params, const assay::Info& info)
      : Wrapper(params), p_(std::move(params)), groups_(info.groups) {
    assay::check_groups(info);
    if (p_.control.empty()) p_.control.assign(groups_.size(), 1);
    if (p_.control.size() != groups_.size()) throw wrong_length();
  }

  void check(assay::Problem& problem) override {
    assay::check_parts(problem, "cpt");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<Controlled>(problem, p_, groups_);
  }

  assay::Error wrong_length() const {
    return {assay::ErrorKind::kParameter, "`control` has " + std::to_string(p_.control.size()) +
                                              " numbers, expected one for each of the " +
                                              std::to_string(groups_.size()) + " groups " +
                                              assay::listed(groups_)};
  }

  Params p_;
  assay::Strings groups_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Cpt>(
      "cpt",
      "Optimization rule of controllable prompt tuning (Phan et al., ICML 2024): balances "
      "the losses of groups as given by a control vector.");
}
