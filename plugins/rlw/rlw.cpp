// RLW: Lin, Ye, Zhang and Tsang, "Reasonable Effectiveness of Random Weighting: A Litmus Test for
// Multi-Task Learning", TMLR 2022.
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>

#include "assay/combination.h"
#include "assay/registry.h"

namespace {

struct Params {
  std::shared_ptr<assay::Optimizer> base;
};

class Weighted final : public assay::WholeGradient {
 public:
  explicit Weighted(assay::Problem& inner) : WholeGradient(inner, "rlw") {}
  assay::Gradient raw_gradient() override {
    const auto w = weights();
    for (std::size_t i = 0; i < w.size(); ++i) inner_.report("weight/" + inner_.terms()[i], w[i]);
    return inner_.weighted_gradient([&](const auto&) { return w; });
  }

 private:
  // A softmax of normal numbers: the same ones whenever it is asked for within a step.
  std::vector<double> weights() const {
    const auto count = static_cast<std::int64_t>(inner_.terms().size());
    const auto normal = at::randn({count}, inner_.rng().fork("rlw").generator(), torch::kDouble);
    const auto w = at::softmax(normal, 0);
    return {w.const_data_ptr<double>(), w.const_data_ptr<double>() + count};
  }
};

class Rlw final : public assay::Optimizer {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().component("base", &Params::base, "sgd",
                                             "Optimizer that steps with the weighted sum.");
  }

  explicit Rlw(Params params) : p_(std::move(params)) {}

  void check(assay::Problem& problem) const override {
    assay::check_terms(problem, "rlw");
    Weighted weighted(problem);
    p_.base->check(weighted);
  }

  double step(assay::Problem& problem) override {
    if (problem.terms().size() == 1) return p_.base->step(problem);
    Weighted weighted(problem);
    return p_.base->step(weighted);
  }

  void save(assay::State& state) const override { state.put_nested("base", *p_.base); }
  void load(const assay::State& state) override { p_.base->load(state.nested("base")); }

 private:
  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Rlw>("rlw",
                    "Random loss weighting (Lin et al., TMLR 2022): other random weights for the "
                    "terms at each step.");
}
