#include "methods/skmm.h"

#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/rand.h>

#include "methods/leverage.h"
#include "methods/scores.h"
#include "moments/program.h"
#include "moments/published.h"

namespace selection {

using assay::Pool;
using Choice = assay::Selector::Choice;

assay::Schema<Skmm::Params> Skmm::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("c", &Params::c, {.low = 0, .high = 1, .open_low = true},
             "Second moments of the selection are at least those of the pool over c.")
      .field("take", &Params::take, one_of({"sampled", "top", "top_per_class"}),
             "From the weights found: drawn without replacement in proportion to them; the "
             "highest; or the highest of each class, in proportion to its size.")
      .field("recipe", &Params::recipe, one_of({"exact", "published"}),
             "How the program is solved: to a certified gap, or by the published steps of Adam, "
             "which do not project.")
      .field(
          "gap", &Params::gap, above(0),
          "Of `exact`: distance to the least value, over the value of no weights at all, at most.")
      .field("steps", &Params::steps, at_least(1), "Steps of either solver, at most.")
      .field("lr", &Params::lr, above(0), "Of `published`: Adam's step size.");
}

torch::Tensor Skmm::solve(const Pool& pool, std::int64_t n, const assay::Context& context) const {
  const auto moments = moments_of(pool.gradients);
  // Both begin at a selection. Of the many best s those near it are nearly selections themselves;
  // those near s_i = 1/N are not, and drawing from them undoes what was matched.
  auto s = at::zeros({pool.size}, torch::TensorOptions(torch::kDouble));
  const auto even = at::ones({pool.size}, torch::TensorOptions(torch::kDouble));
  for (const auto place : drawn(even, n, context.rng.fork("begin")))
    s[place] = 1 / static_cast<double>(n);
  if (p_.recipe == "exact") {
    const auto found = MomentProgram(moments, n, p_.c).solve(s, p_.gap, p_.steps);
    if (found.gap > p_.gap)
      context.note("the moment program ended after " + std::to_string(found.steps) +
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

// Sigma = R^T R; of (F_S^T F_S + f f^T)^-1 the trace with Sigma falls by |R Q f|^2 / (1 + f Q f).
std::optional<Choice> SkmmGreedy::step(std::int64_t, const Pool& pool, std::int64_t n,
                                       const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto f = checked_gradients(pool.gradients);
  const auto m = f.size(1);
  const auto first = n - m < 20 ? std::max(n - 20, n / 2) : m;
  AdaptivePivoting pivoting({"gradients"});
  auto choice = *pivoting.step(0, pool, std::max<std::int64_t>(1, first), context);
  const auto chosen = f.index_select(0, tensor_of(choice.places));
  const auto gram = chosen.t().matmul(chosen);
  const double ridge = 1e-9 * gram.diagonal().mean().item<double>();
  auto q = at::linalg_inv(gram + ridge * at::eye(m, f.options()));
  const auto r = std::get<1>(at::linalg_qr(f));
  while (std::ssize(choice.places) < n) {
    const auto qf = f.matmul(q);
    const auto scores = qf.matmul(r.t()).square().sum(1) / (1 + (qf * f).sum(1));
    const auto place = without(scores, choice.places, -1).argmax().item<std::int64_t>();
    choice.places.push_back(place);
    const auto row = qf[place];
    q = q - row.unsqueeze(1) * row / (1 + row.dot(f[place]));
  }
  return choice;
}

}  // namespace selection
