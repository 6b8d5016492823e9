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
  // Rounding to single precision, in which features and gradients come, moves no more than this.
  const double least = 1e-6 * s.max().item<double>();
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

void AdaptivePivoting::start(const Pool& pool, const Places& chosen, std::int64_t) {
  whole_ = rows_of(pool, p_.of);
  all_ = whole_.square().sum().item<double>();
  rest_ = whole_.clone();
  for (auto taken = chosen.begin(); taken != chosen.end(); ++taken) {
    weights({chosen.begin(), taken});  // may begin anew
    take(*taken);
  }
}

// The square of what is left of each; where nothing is, of the whole again, or all alike.
torch::Tensor AdaptivePivoting::weights(const Places& chosen) {
  auto weight = without(rest_.square().sum(1), chosen, 0);
  if (weight.sum().item<double>() <= 1e-12 * all_) {
    rest_ = whole_.clone();
    weight = without(rest_.square().sum(1), chosen, 0);
  }
  if (weight.sum().item<double>() > 0) return weight;
  return without(at::ones_like(weight), chosen, 0);
}

void AdaptivePivoting::take(std::int64_t place) {
  const auto norm = rest_[place].norm();
  if (norm.item<double>() == 0) return;
  const auto direction = (rest_[place] / norm).clone();
  rest_.addr_(at::mv(rest_, direction), direction, 1, -1);
}

std::int64_t AdaptivePivoting::next(const Pool&, const Places& chosen,
                                    const assay::Context& context) {
  const auto place = drawn(weights(chosen), 1, context.rng.fork(chosen.size()))[0];
  take(place);
  return place;
}

}  // namespace selection
