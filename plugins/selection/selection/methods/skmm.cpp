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
  for (const auto place : drawn_evenly(pool.size, n, context.rng.fork("begin")))
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

void SkmmGreedy::start(const Pool& pool, const Places& chosen, std::int64_t n) {
  f_ = checked_gradients(pool.gradients);
  r_ = std::get<1>(at::linalg_qr(f_));
  const auto m = f_.size(1);
  pivoted_ = std::max<std::int64_t>(1, n - m < 20 ? std::max(n - 20, n / 2) : m);
  if (std::ssize(chosen) < pivoted_) pivoting_.start(pool, chosen, pivoted_);
}

void SkmmGreedy::refresh(const Pool&, const Places& chosen) {
  qf_ = torch::Tensor();
  if (std::ssize(chosen) < pivoted_) return;
  const auto own = f_.index_select(0, tensor_of(chosen));
  const auto gram = own.t().matmul(own);
  const double ridge = 1e-9 * gram.diagonal().mean().item<double>();
  qf_ = f_.matmul(at::linalg_inv(gram + ridge * at::eye(f_.size(1), f_.options())));
  rqf_ = qf_.matmul(r_.t());
}

// Of (F_S^T F_S + f f^T)^-1 the trace with Sigma falls by |R Q f|^2 / (1 + f Q f) / N.
std::int64_t SkmmGreedy::next(const Pool& pool, const Places& chosen,
                              const assay::Context& context) {
  if (std::ssize(chosen) < pivoted_) return pivoting_.next(pool, chosen, context);
  if (!qf_.defined()) refresh(pool, chosen);
  const auto scores = rqf_.square().sum(1) / (1 + (qf_ * f_).sum(1));
  const auto place = best(scores, chosen);
  add(place);
  return place;
}

// Q - q q^T / (1 + f q), q = Q f (Sherman and Morrison), for Q f and R Q f of every sample.
void SkmmGreedy::add(std::int64_t place) {
  const auto q = qf_[place].clone(), rq = rqf_[place].clone();
  const auto along = at::mv(f_, q);
  const double scale = -1 / (1 + along[place].item<double>());
  qf_.addr_(along, q, 1, scale);
  rqf_.addr_(along, rq, 1, scale);
}

}  // namespace selection
