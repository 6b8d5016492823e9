// Sketchy Moment Matching: Dong, Phan, Pan and Lei, "Sketchy Moment Matching: Toward Fast and
// Provable Data Selection for Finetuning", NeurIPS 2024.
#include <ATen/ops/rand.h>

#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"
#include "selection/skmm/moments/program.h"
#include "selection/skmm/moments/published.h"

namespace selection {

using assay::Pool;
using Choice = assay::Selector::Choice;

class Skmm final : public assay::Selector {
 public:
  struct Params {
    double c = 0.999;
    std::string take = "sampled";
    std::string recipe = "exact";
    double gap = 1e-8;
    std::int64_t steps = 20000;
    double lr = 1e-5;
  };
  static assay::Schema<Params> schema();
  explicit Skmm(const Params& params) : p_(params) {}
  Needs needs() const override {
    const bool apart = p_.take == "top_per_class";
    return {.label = apart, .gradients = true, .every_class = apart};
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  torch::Tensor solve(const assay::Pool& pool, std::int64_t n, const assay::Context& context) const;
  Params p_;
};

assay::Schema<Skmm::Params> Skmm::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("c", &Params::c, {.low = 0, .high = 1, .open_low = true},
             "Constraint: the second moments of the selection are at least those of the pool "
             "divided by c.")
      .field("take", &Params::take, one_of({"sampled", "top", "top_per_class"}),
             "How samples are chosen by their weights: drawn without replacement in proportion to "
             "them; "
             "the highest; or the highest per class, in proportion to the class size.")
      .field("recipe", &Params::recipe, one_of({"exact", "published"}),
             "How the moment-matching problem is solved: to a certified gap, or by Adam as in the "
             "published code, without projection.")
      .field("gap", &Params::gap, above(0),
             "For `exact`: largest gap to the minimum, relative to the value with all weights at "
             "zero.")
      .field("steps", &Params::steps, at_least(1), "Largest number of steps of either solver.")
      .field("lr", &Params::lr, above(0), "For `published`: learning rate of Adam.");
}

torch::Tensor Skmm::solve(const Pool& pool, std::int64_t n, const assay::Context& context) const {
  const auto moments = moments_of(pool.gradients);
  // Both begin at a selection. Of the many best s those near it are nearly selections themselves;
  // those near s_i = 1/N are not, and drawing from them undoes what was matched.
  auto s = at::zeros({pool.size}, torch::TensorOptions(torch::kDouble));
  for (const auto place : drawn_evenly(pool.size, n, context.rng.fork("begin")))
    s[place] = 1 / static_cast<double>(n);
  if (p_.recipe == "exact") {
    const auto found = MomentProgram(moments, n, p_.c).solve(s, p_.gap, p_.steps);
    if (found.gap > p_.gap)
      context.note("the moment-matching solver stopped after " + std::to_string(found.steps) +
                   " steps with a gap of " + std::to_string(found.gap));
    return found.s;
  }
  const auto u = at::rand({moments.mean.size(0)}, context.rng.fork("gamma").generator(),
                          torch::TensorOptions(torch::kDouble));
  return published_moments(moments, n, p_.c, p_.lr, p_.steps, s, 1 / p_.c + u * (1 - 1 / p_.c));
}

std::optional<Choice> Skmm::step(std::int64_t, const Pool& pool, std::int64_t n,
                                 const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto s = solve(pool, n, context);
  if (p_.take == "sampled") return Choice{drawn(s, n, context.rng.fork("drawn"))};
  if (p_.take == "top") return Choice{highest(s, n)};
  return Choice{highest_per_class(s, pool.label, pool.classes, n)};
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Skmm>("skmm",
                                "Sketchy Moment Matching (Dong, Phan, Pan and Lei, NeurIPS 2024).");
}
