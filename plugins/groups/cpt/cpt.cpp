// CPT's optimization: "Controllable Prompt Tuning For Balancing Group Distributional Robustness",
// Phan, Wilson and Lei, ICML 2024, as the authors' code computes it.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/division.h"
#include "assay/sdk/rule.h"
#include "weights.h"

namespace {

struct Params : assay::Rule::Params {
  Params() { over = "groups"; }
  assay::Reals control;
  double threshold = 1e-4;
  std::string share = "loss";
};

class Controlled final : public assay::CombinedGradient {
 public:
  Controlled(assay::Problem& inner, assay::By by, const Params& p, const assay::Reals& control)
      : CombinedGradient(inner, "cpt"), by_(by), p_(p), control_(control) {}

  assay::Gradient raw_gradient() override {
    auto parts = inner_.gradients(by_);
    const double loss = assay::loss_of(parts);
    if (parts.empty()) return inner_.raw_gradient();
    if (parts.size() == 1) return {loss, std::move(parts.front().gradient)};
    const assay::Division division(inner_, by_);
    const auto shared = division.shared(parts);
    const auto gradients = assay::pointers_to(shared);
    auto sum = parts.front().gradient;
    division.replace(sum, kShared,
                     assay::weighted_sum(gradients, weights(parts, assay::Gram(gradients))));
    division.set_own(sum, parts);
    return {loss, std::move(sum)};
  }

 private:
  std::vector<double> weights(const std::vector<assay::Part>& parts, const assay::Gram& gram) {
    std::vector<double> losses;
    for (const auto& part : parts) {
      if (part.loss < 0)
        throw assay::Error(assay::ErrorKind::kNumeric,
                           "`cpt` needs losses that are not negative; the loss of " +
                               std::string(by_ == assay::By::kTerm ? "term " : "group ") +
                               name(part) + " is " + std::to_string(part.loss));
      losses.push_back(part.loss);
    }
    auto control = assay::of_parts(control_, parts);
    double sum = 0;
    for (const double r : control) sum += r;
    for (double& r : control) r /= sum;  // the groups that the batch lacks are left out
    const auto balance = balance_of(losses, control, p_.share == "softmax");
    const auto found = weights_of(balance, gram, control, p_.threshold);
    inner_.report("entropy_gap", balance.gap);
    inner_.report("balancing", found.balancing ? 1 : 0);
    inner_.report("unsolved", found.solved ? 0 : 1);
    for (std::size_t i = 0; i < parts.size(); ++i)
      inner_.report("share/" + name(parts[i]), balance.share[i]);
    assay::report_weights(inner_, by_, parts, found.alpha);
    return found.alpha;
  }

  const std::string& name(const assay::Part& part) const {
    return inner_.names(by_).at(static_cast<std::size_t>(part.index));
  }

  assay::By by_;
  const Params& p_;
  const assay::Reals& control_;
};

class Cpt final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("control", &Params::control, above(0),
                   "r, one number per group: the losses are driven towards the proportions 1 / r, "
                   "so a larger r_g means a smaller loss; empty: equal for all groups.")
            .field("threshold", &Params::threshold, at_least(0),
                   "Largest gap ln G - H(h), in nats, at which the losses count as balanced; the "
                   "step then lowers all of them.")
            .field("share", &Params::share, one_of({"loss", "softmax"}),
                   "Definition of h: each group's share of the controlled loss, or the softmax of "
                   "that loss."),
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  Cpt(Params params, const assay::Info& info) : Rule(params, "cpt"), p_(std::move(params)) {
    if (by() != assay::By::kGroup) return;
    assay::check_groups(info);
    check_control(info.groups);
  }

  void check(assay::Problem& problem) override {
    Rule::check(problem);
    check_control(parts(problem));
  }

 private:
  void check_control(const assay::Strings& names) const {
    if (!p_.control.empty()) check_length("control", p_.control.size(), names);
  }

  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    control_ = p_.control;
    if (control_.empty()) control_.assign(parts(problem).size(), 1);
    return std::make_unique<Controlled>(problem, by(), p_, control_);
  }

  Params p_;
  assay::Reals control_;  // one number per part
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Cpt>(
      "cpt",
      "Optimization rule of controllable prompt tuning (Phan et al., ICML 2024): balances "
      "the losses of groups, or terms, as given by a control vector.");
}
