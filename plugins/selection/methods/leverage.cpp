#include "methods/leverage.h"

#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/ones_like.h>

#include "methods/scores.h"

namespace selection {

using assay::Pool;
using Choice = assay::Selector::Choice;

namespace {

assay::Selector::Needs needs_of(const std::string& of) {
  return {.features = of == "features", .gradients = of == "gradients"};
}

torch::Tensor rows_of(const Pool& pool, const std::string& of) {
  return (of == "features" ? pool.features : pool.gradients).to(torch::kDouble);
}

const char* const kOf = "What a sample is: the model's features, or its sketched gradient.";

}  // namespace

torch::Tensor leverage_scores(const torch::Tensor& x, double alpha, std::int64_t rank) {
  const auto [u, s, v] = at::linalg_svd(x, /*full_matrices=*/false);
  const auto square = s.square();
  const auto count = rank > 0 ? std::min(rank, s.numel()) : s.numel();
  const double least = 1e-12 * s.max().item<double>();
  auto weight = square / (square + alpha);
  weight = at::where(s > least, weight, at::zeros_like(s)).narrow(0, 0, count);
  return at::mv(u.narrow(1, 0, count).square(), weight);
}

assay::Schema<Leverage::Params> Leverage::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("of", &Params::of, one_of({"features", "gradients"}), kOf)
      .field("alpha", &Params::alpha, at_least(0),
             "Ridge added to each squared singular value; 0: plain leverage.")
      .field("rank", &Params::rank, at_least(0),
             "Largest directions that count, without a ridge; 0: all.")
      .field("highest", &Params::highest, any(),
             "Takes the highest scores, instead of drawing in proportion to them.");
}

Leverage::Leverage(const Params& params) : p_(params) {
  if (p_.alpha > 0 && p_.rank > 0)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`alpha` and `rank` exclude each other: give one of them");
}

assay::Selector::Needs Leverage::needs() const {
  return needs_of(p_.of);
}

std::optional<Choice> Leverage::step(std::int64_t, const Pool& pool, std::int64_t n,
                                     const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto scores = leverage_scores(rows_of(pool, p_.of), p_.alpha, p_.rank);
  return Choice{p_.highest ? highest(scores, n) : drawn(scores, n, context.rng)};
}

assay::Schema<AdaptivePivoting::Params> AdaptivePivoting::schema() {
  return assay::Schema<Params>().field("of", &Params::of, assay::one_of({"features", "gradients"}),
                                       kOf);
}

assay::Selector::Needs AdaptivePivoting::needs() const {
  return needs_of(p_.of);
}

std::optional<Choice> AdaptivePivoting::step(std::int64_t, const Pool& pool, std::int64_t n,
                                             const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto whole = rows_of(pool, p_.of);
  const double all = whole.square().sum().item<double>();
  auto rest = whole.clone();
  Choice choice;
  for (std::int64_t k = 0; k < n; ++k) {
    auto weight = without(rest.square().sum(1), choice.places, 0);
    if (weight.sum().item<double>() <= 1e-12 * all) {
      rest = whole.clone();
      weight = without(rest.square().sum(1), choice.places, 0);
    }
    if (weight.sum().item<double>() == 0)  // what is left is zero: all of it alike
      weight = without(at::ones_like(weight), choice.places, 0);
    const auto place = drawn(weight, 1, context.rng.fork(static_cast<std::uint64_t>(k)))[0];
    choice.places.push_back(place);
    const auto norm = rest[place].norm();
    if (norm.item<double>() == 0) continue;
    const auto direction = (rest[place] / norm).clone();
    rest.sub_(at::mv(rest, direction).unsqueeze(1) * direction);
  }
  return choice;
}

}  // namespace selection
