// GradDrop: Chen, Ngiam, Huang, Luong, Kretzschmar, Chai and Anguelov, "Just Pick a Sign:
// Optimizing Deep Multitask Models with Gradient Sign Dropout", NeurIPS 2020; on the gradients of
// the weights.
#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/where.h>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/division.h"
#include "assay/sdk/rule.h"

namespace {

using assay::Tensors;

struct Params : assay::Rule::Params {
  double leak = 0;
};

class OneSign final : public assay::CombinedGradient {
 public:
  OneSign(assay::Problem& inner, assay::By by, double leak)
      : CombinedGradient(inner, "graddrop"), by_(by), leak_(leak) {}

  assay::Gradient raw_gradient() override {
    const auto parts = inner_.gradients(by_);
    if (parts.empty()) return inner_.raw_gradient();
    const torch::NoGradGuard no_grad;
    const assay::Division division(inner_, by_);
    Tensors up, down;  // the sums of the positive and of the negative parts
    Tensors sum = parts.front().gradient;
    for (const auto& part : parts) {
      const auto shared = division.part(part.gradient, kShared);
      assay::add(up, at::_foreach_clamp_min(shared, 0));
      assay::add(down, at::_foreach_clamp_max(shared, 0));
    }
    division.replace(sum, kShared, picked(up, down));
    division.set_own(sum, parts);
    return {assay::loss_of(parts), std::move(sum)};
  }

 private:
  // P = (1 + sum g / sum |g|) / 2 is the positive part's share. Where all gradients are 0 it is not
  // a number, and the negative part, 0, is kept.
  Tensors picked(const Tensors& up, const Tensors& down) const {
    const auto rng = inner_.rng().fork("graddrop");
    Tensors sum;
    for (std::size_t t = 0; t < up.size(); ++t) {
      const auto p = up[t] / (up[t] - down[t]);
      const auto generator = rng.fork(t).generator(p.device());
      const auto u = at::rand(p.sizes(), generator, p.options());
      const auto kept = at::where(p > u, up[t], down[t]);
      sum.push_back(leak_ == 0 ? kept : (1 - leak_) * kept + leak_ * (up[t] + down[t]));
    }
    return sum;
  }

  assay::By by_;
  double leak_;
};

class GradDrop final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>().field(
            "leak", &Params::leak, between(0, 1),
            "Fraction of each gradient that is kept regardless of its sign; 1: the plain sum."),
        "Optimizer that takes the step with the sum of the kept gradients.");
  }

  explicit GradDrop(Params params) : Rule(params, "graddrop"), p_(std::move(params)) {}

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    return std::make_unique<OneSign>(problem, by(), p_.leak);
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GradDrop>(
      "graddrop",
      "Gradient sign dropout (Chen et al., NeurIPS 2020): for each weight keeps only the gradients "
      "of one sign, drawn at random in proportion to their sums.");
}
