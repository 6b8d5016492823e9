// RLW: Lin, Ye, Zhang and Tsang, "Reasonable Effectiveness of Random Weighting: A Litmus Test for
// Multi-Task Learning", TMLR 2022.
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "assay/sdk/combination.h"

namespace {

struct Params {
  std::shared_ptr<assay::Optimizer> base;
};

// A softmax of normal numbers: the same ones whenever it is asked for within a step.
std::vector<double> weights(const assay::Problem& problem) {
  const auto count = static_cast<std::int64_t>(problem.terms().size());
  const auto normal = at::randn({count}, problem.rng().fork("rlw").generator(), torch::kDouble);
  const auto w = at::softmax(normal, 0);
  return {w.const_data_ptr<double>(), w.const_data_ptr<double>() + count};
}

class Rlw final : public assay::Optimizer {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().component(
        "base", &Params::base, "sgd",
        "Optimizer that takes the step with the gradient of the weighted sum.");
  }

  explicit Rlw(Params params) : p_(std::move(params)) {}

  void check(assay::Problem& problem) const override {
    assay::check_terms(problem, "rlw");
    assay::WeightedTerms weighted(problem, "rlw", {});
    p_.base->check(weighted);
  }

  double step(assay::Problem& problem) override {
    if (problem.terms().size() == 1) return p_.base->step(problem);
    assay::WeightedTerms weighted(problem, "rlw", [&](const auto&) { return weights(problem); });
    return p_.base->step(weighted);
  }

  void save(assay::State& state) const override { state.put_nested("base", *p_.base); }
  void load(const assay::State& state) override { p_.base->load(state.nested("base")); }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Rlw>(
      "rlw",
      "Random loss weighting (Lin et al., TMLR 2022): draws new random weights for the "
      "terms at each step.");
}
