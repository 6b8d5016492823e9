// Nash-MTL: Navon, Shamsian, Achituve, Maron, Kawaguchi, Chechik and Fetaya, "Multi-Task Learning
// as a Bargaining Game", ICML 2022.
#include <ATen/ops/_foreach_mul.h>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/division.h"
#include "assay/sdk/rule.h"
#include "bargain.h"

namespace {

struct Params : assay::Rule::Params {
  double max_norm = 1;
  std::int64_t update_every = 1;
};

double clipped(double length, double max_norm) {
  return max_norm > 0 && length > max_norm ? max_norm / length : 1;
}

// With the alpha of an earlier step: one backward.
class Settled final : public assay::CombinedGradient {
 public:
  Settled(assay::Problem& inner, assay::By by, const assay::Reals& alpha, double max_norm)
      : CombinedGradient(inner, "nash_mtl"),
        by_(by),
        alpha_(alpha),
        max_norm_(max_norm),
        division_(inner, by) {}

  assay::Gradient raw_gradient() override {
    std::vector<assay::Part> present;
    auto gradient = inner_.weighted_gradient(by_, [&](const auto& parts) {
      present = parts;
      return assay::of_parts(alpha_, parts);
    });
    const torch::NoGradGuard no_grad;
    auto shared = division_.part(gradient.tensors, kShared);
    const double scale = clipped(assay::norm(shared), max_norm_);
    if (scale < 1) at::_foreach_mul_(shared, scale);
    auto weights = assay::of_parts(alpha_, present);
    for (double& weight : weights) weight *= scale;
    assay::report_weights(inner_, by_, present, weights);
    return gradient;
  }

 private:
  assay::By by_;
  const assay::Reals& alpha_;
  double max_norm_;
  assay::Division division_;
};

class NashMtl final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>()
            .field("max_norm", &Params::max_norm, at_least(0),
                   "Largest L2 norm of the direction, which is sqrt(K) for K terms without a "
                   "limit; 0: no limit.")
            .field("update_every", &Params::update_every, at_least(1),
                   "Steps between two solutions for alpha; steps in between reuse alpha with one "
                   "backward pass."),
        "Optimizer that takes the step with the direction.");
  }

  explicit NashMtl(Params params) : Rule(params, "nash_mtl"), p_(std::move(params)) {}

  void save(assay::State& state) const override {
    state.put("alpha", alpha_);
    state.put("count", count_);
    Rule::save(state);
  }
  void load(const assay::State& state) override {
    alpha_ = state.scalar<assay::Reals>("alpha");
    count_ = state.scalar<std::int64_t>("count");
    Rule::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    next_.clear();
    if (alpha_.empty()) alpha_.assign(parts(problem).size(), 1);
    if (count_ % p_.update_every != 0)
      return std::make_unique<Settled>(problem, by(), alpha_, p_.max_norm);
    return std::make_unique<assay::Combination>(
        problem, by(), "nash_mtl",
        [this](const assay::PresentParts& terms) { return settle(terms); });
  }

  // The norm of the shared parameters' gradient is limited; a term's own parameters follow alpha,
  // as in the authors' program.
  assay::PartWeights settle(const assay::PresentParts& terms) {
    const auto alpha = bargain(terms.gram);
    if (next_.empty()) {
      next_ = alpha_;
      for (std::size_t i = 0; i < alpha.size(); ++i) next_[terms.index[i]] = alpha[i];
    }
    return {within_norm(alpha, terms.gram), alpha};
  }

  void after_step(assay::Problem&) override {
    if (!next_.empty()) alpha_ = std::move(next_);
    ++count_;
  }

  std::vector<double> within_norm(std::vector<double> alpha, const assay::Gram& gram) const {
    double square = 0;
    for (std::size_t i = 0; i < alpha.size(); ++i)
      for (std::size_t j = 0; j < alpha.size(); ++j) square += alpha[i] * alpha[j] * gram(i, j);
    const double scale = clipped(std::sqrt(std::max(0.0, square)), p_.max_norm);
    for (double& value : alpha) value *= scale;
    return alpha;
  }

  Params p_;
  assay::Reals alpha_;      // of each term, when it last had a gradient in a bargain
  std::int64_t count_ = 0;  // steps taken
  assay::Reals next_;       // alpha after this step: of the first gradient that the base asks for
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<NashMtl>("nash_mtl",
                        "Nash-MTL (Navon et al., ICML 2022): the Nash bargaining solution, in "
                        "which all terms improve in the same proportion.");
}
