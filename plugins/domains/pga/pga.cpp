// PGA: "Enhancing Domain Adaptation through Prompt Gradient Alignment", Phan, Tran, Tran, Truong,
// Phung and Le, NeurIPS 2024; with several sources its MPGA. As the authors' code computes it.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/division.h"
#include "assay/sdk/rule.h"

namespace {

using assay::By;
using assay::Gradient;
using assay::Part;
using assay::Tensors;

struct Params : assay::Wrapper::Params {
  double rho_gn = 3e-4;
  double rho_ga = 1;
  double tradeoff = 0.5;
  std::string target;
};

constexpr double kTiny = 1e-12;

class Aligned final : public assay::CombinedGradient {
 public:
  Aligned(assay::Problem& inner, const Params& p, std::int64_t target)
      : CombinedGradient(inner, "pga"), p_(p), target_(target), division_(inner, By::kTerm) {}

  Gradient raw_gradient() override {
    auto parts = inner_.gradients(By::kTerm);
    if (parts.empty()) return inner_.raw_gradient();
    const torch::NoGradGuard no_grad;
    measure(parts);
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!stays(i)) parts[i].gradient = perturbed(parts[i], i);
    return {assay::loss_of(parts), sum_of(parts)};
  }

 private:
  // Norms over each group of parameters, and what the alignment starts from.
  void measure(const std::vector<Part>& parts) {
    own_.clear(), is_target_.clear();
    shared_ = division_.shared(parts);
    for (const auto& part : parts) {
      own_.push_back(division_.part(part.gradient, static_cast<int>(part.index)));
      is_target_.push_back(part.index == target_);
    }
    gram_ = assay::Gram(assay::pointers_to(shared_));
    for (std::size_t t = 0; t < parts.size(); ++t)
      for (std::size_t i = 0; i < parts.size(); ++i)
        if (is_target_[t] && i != t && !absent(i) && !absent(t))
          inner_.report(
              "cosine/" + inner_.names(By::kTerm)[static_cast<std::size_t>(parts[i].index)],
              gram_(i, t) / (length(i) * length(t)));
  }
  double length(std::size_t i) const { return std::sqrt(gram_(i, i)); }

  // A term without a gradient (no confident target sample) has no direction to go or to follow.
  bool absent(std::size_t i) const { return length(i) == 0; }
  bool stays(std::size_t i) const { return absent(i) || (p_.rho_gn == 0 && p_.rho_ga == 0); }

  // The gradient of term i of those present where its norm penalty and its alignment put it; its
  // own parameters follow the penalty alone.
  Tensors perturbed(const Part& part, std::size_t i) {
    const auto& w = inner_.parameters();
    const auto shared = division_.part(w, kShared);
    std::vector<const Tensors*> parts{&shared, &shared_[i]};
    std::vector<double> weights{1, p_.rho_gn / (length(i) + kTiny)};
    for (std::size_t j = 0; j < shared_.size(); ++j) {
      if (j == i || (!is_target_[j] && !is_target_[i]) || absent(j)) continue;
      parts.push_back(&shared_[j]);
      weights.push_back(-p_.rho_ga / (length(j) * length(i) + kTiny));
    }
    const int owner = static_cast<int>(part.index);
    Tensors there;
    for (const auto& tensor : w) there.push_back(tensor.detach());
    division_.replace(there, kShared, assay::weighted_sum(parts, weights));
    if (!own_[i].empty()) {
      const double scale = p_.rho_gn / (assay::norm(own_[i]) + kTiny);
      division_.replace(there, owner,
                        assay::add_scaled(division_.part(w, owner), std::move(own_[i]), scale));
    }
    const assay::ScopedWeights displaced(w, there);
    return inner_.gradient_of(By::kTerm, part.index).gradient;
  }

  // The target's gradient and `tradeoff` times the sources' on shared parameters; on a term's own
  // ones, its own.
  Tensors sum_of(const std::vector<Part>& parts) const {
    std::vector<double> weights;
    for (const auto& part : parts) weights.push_back(part.index == target_ ? 1 : p_.tradeoff);
    const auto shared = division_.shared(parts);
    Tensors sum = parts.front().gradient;
    division_.replace(sum, kShared, assay::weighted_sum(assay::pointers_to(shared), weights));
    division_.set_own(sum, parts);
    return sum;
  }

  const Params& p_;
  std::int64_t target_;
  assay::Division division_;
  std::vector<Tensors> shared_, own_;  // of the terms present
  std::vector<bool> is_target_;
  assay::Gram gram_;
};

class Pga final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Strings needs() { return {"problem/Parts"}; }
  static assay::Strings hides() { return {"Parts", "Split"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field(
            "rho_gn", &Params::rho_gn, at_least(0),
            "Radius of each term's ascent step, in weight units: the weight of its gradient norm.")
        .field("rho_ga", &Params::rho_ga, at_least(0),
               "Weight of the alignment: of the cosine between the gradients of the target and of "
               "each source.")
        .field(
            "tradeoff", &Params::tradeoff, at_least(0),
            "Weight of the source gradients relative to the target gradient, on shared parameters.")
        .field("target", &Params::target, any(),
               "Target term, with which all other terms (the sources) are aligned; empty: the last "
               "term.")
        .component("base", &Params::base, "sgd",
                   "Optimizer that takes the step with the combined gradient.");
  }

  explicit Pga(Params params) : Wrapper(params), p_(std::move(params)) {}

  void check(assay::Problem& problem) override {
    assay::check_parts(problem, By::kTerm, "pga");
    if (p_.rho_gn != 0 || p_.rho_ga != 0) assay::expect_all_ascended(problem, "pga");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<Aligned>(problem, p_, target(problem));
  }

  std::int64_t target(const assay::Problem& problem) const {
    const auto& terms = problem.names(By::kTerm);
    const auto count = static_cast<std::int64_t>(terms.size());
    if (p_.target.empty()) return count - 1;
    for (std::int64_t k = 0; k < count; ++k)
      if (terms[static_cast<std::size_t>(k)] == p_.target) return k;
    throw assay::Error(assay::ErrorKind::kParameter,
                       "optimizer `pga`: `target` is " + p_.target +
                           ", but the terms of the loss are " + assay::listed(terms),
                       "optimizer");
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Pga>("pga",
                    "Prompt gradient alignment (Phan et al., NeurIPS 2024): aligns the gradients "
                    "of source terms with that of the target and penalizes their norms.");
}
