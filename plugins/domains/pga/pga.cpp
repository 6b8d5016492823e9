// PGA: "Enhancing Domain Adaptation through Prompt Gradient Alignment", Phan, Tran, Tran, Truong,
// Phung and Le, NeurIPS 2024; with several sources its MPGA. As the authors' code computes it.
#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/wrapper.h"

namespace {

using assay::Gradient;
using assay::Tensors;

struct Params : assay::Wrapper::Params {
  double rho_gn = 3e-4;
  double rho_ga = 1;
  double tradeoff = 0.5;
  std::string target;
};

constexpr double kTiny = 1e-12;

// The parameters that all terms share, and those of one term alone, as parts of any list.
class Division {
 public:
  explicit Division(const std::vector<int>& owners) : owners_(owners) {}

  Tensors part(const Tensors& list, int owner) const {
    Tensors some;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (owners_[i] == owner) some.push_back(list[i]);
    return some;
  }
  void replace(Tensors& list, int owner, const Tensors& some) const {
    auto next = some.begin();
    for (std::size_t i = 0; i < list.size(); ++i)
      if (owners_[i] == owner) list[i] = *next++;
  }

 private:
  const std::vector<int>& owners_;
};

class Aligned final : public assay::CombinedGradient {
 public:
  Aligned(assay::Problem& inner, const Params& p, std::size_t target)
      : CombinedGradient(inner, "pga"), p_(p), target_(target), division_(inner.owners()) {}

  Gradient raw_gradient() override {
    auto first = inner_.gradient_per_term();
    const torch::NoGradGuard no_grad;
    if (first.size() == 1) return std::move(first.front());
    measure(first);
    Gradient sum;
    for (const auto& gradient : first) sum.loss += gradient.loss;
    std::vector<Tensors> second;
    for (std::size_t k = 0; k < first.size(); ++k)
      second.push_back(stays(k) ? std::move(first[k].tensors) : perturbed(k));
    return {sum.loss, sum_of(second)};
  }

 private:
  // Norms over each group of parameters, and what the alignment starts from.
  void measure(const std::vector<Gradient>& first) {
    shared_.clear(), own_.clear();
    std::vector<const Tensors*> all;
    for (std::size_t k = 0; k < first.size(); ++k) {
      shared_.push_back(division_.part(first[k].tensors, kShared));
      own_.push_back(division_.part(first[k].tensors, static_cast<int>(k)));
    }
    for (const auto& part : shared_) all.push_back(&part);
    gram_ = assay::Gram(all);
    for (std::size_t k = 0; k < first.size(); ++k)
      if (k != target_ && length(k) > 0 && length(target_) > 0)
        inner_.report("cosine/" + inner_.terms()[k],
                      gram_(k, target_) / (length(k) * length(target_)));
  }
  double length(std::size_t k) const { return std::sqrt(gram_(k, k)); }

  // A term without a gradient (no confident target sample) has no direction to go or to follow.
  bool absent(std::size_t k) const { return length(k) == 0; }
  bool stays(std::size_t k) const { return absent(k) || (p_.rho_gn == 0 && p_.rho_ga == 0); }

  // The gradient of term k where its norm penalty and its alignment put it; its own parameters
  // follow the penalty alone.
  Tensors perturbed(std::size_t k) {
    const auto& w = inner_.parameters();
    const auto shared = division_.part(w, kShared);
    std::vector<const Tensors*> parts{&shared, &shared_[k]};
    std::vector<double> weights{1, p_.rho_gn / (length(k) + kTiny)};
    for (std::size_t j = 0; j < shared_.size(); ++j) {
      if (j == k || (j != target_ && k != target_) || absent(j)) continue;
      parts.push_back(&shared_[j]);
      weights.push_back(-p_.rho_ga / (length(j) * length(k) + kTiny));
    }
    const int owner = static_cast<int>(k);
    Tensors there;
    for (const auto& tensor : w) there.push_back(tensor.detach());
    division_.replace(there, kShared, assay::weighted_sum(parts, weights));
    if (!own_[k].empty()) {
      const double scale = p_.rho_gn / (assay::norm(own_[k]) + kTiny);
      division_.replace(there, owner,
                        assay::add_scaled(division_.part(w, owner), std::move(own_[k]), scale));
    }
    const assay::ScopedWeights displaced(w, there);
    return inner_.gradient_of_term(k).tensors;
  }

  // The target's gradient and `tradeoff` times the sources' on shared parameters; on a term's own
  // ones, its own.
  Tensors sum_of(const std::vector<Tensors>& second) const {
    std::vector<Tensors> shared;
    std::vector<const Tensors*> parts;
    std::vector<double> weights;
    for (std::size_t k = 0; k < second.size(); ++k) {
      shared.push_back(division_.part(second[k], kShared));
      weights.push_back(k == target_ ? 1 : p_.tradeoff);
    }
    for (const auto& part : shared) parts.push_back(&part);
    Tensors sum = second.front();
    division_.replace(sum, kShared, assay::weighted_sum(parts, weights));
    for (std::size_t k = 0; k < second.size(); ++k) {
      const int owner = static_cast<int>(k);
      division_.replace(sum, owner, division_.part(second[k], owner));
    }
    return sum;
  }

  const Params& p_;
  std::size_t target_;
  Division division_;
  std::vector<Tensors> shared_, own_;
  assay::Gram gram_;
};

class Pga final : public assay::Wrapper {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field(
            "rho_gn", &Params::rho_gn, at_least(0),
            "Radius of each term's ascent step, in weight units: the weight of its gradient norm.")
        .field("rho_ga", &Params::rho_ga, at_least(0),
               "Weight of the alignment: of the cosine between the gradients of the target and of "
               "each "
               "source.")
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
    assay::check_terms(problem, "pga");
    Wrapper::check(problem);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<Aligned>(problem, p_, target(problem));
  }

  std::size_t target(const assay::Problem& problem) const {
    const auto& terms = problem.terms();
    if (p_.target.empty()) return terms.size() - 1;
    for (std::size_t k = 0; k < terms.size(); ++k)
      if (terms[k] == p_.target) return k;
    throw assay::Error(assay::ErrorKind::kParameter, "optimizer `pga`: `target` is " + p_.target +
                                                         ", but the terms of the loss are " +
                                                         assay::listed(terms));
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Pga>("pga",
                    "Prompt gradient alignment (Phan et al., NeurIPS 2024): aligns the gradients "
                    "of source terms with that of the target and penalizes their norms.");
}
