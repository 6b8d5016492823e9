#include "methods/coverage.h"

#include <limits>

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mv.h>

namespace selection {

namespace {

constexpr std::size_t kOfStep = 200;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

std::optional<assay::Selector::Choice> Greedy::step(std::int64_t, const assay::Pool& pool,
                                                    std::int64_t n, const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  if (!started_) start(pool, chosen_, n);
  started_ = true;
  refresh(pool, chosen_);
  for (std::size_t k = 0; k < kOfStep && std::ssize(chosen_) < n; ++k)
    chosen_.push_back(next(pool, chosen_, context));
  if (std::ssize(chosen_) < n) return {};
  return Choice{chosen_};
}

void Greedy::save(assay::State& state) const {
  state.tensors["chosen"] = tensor_of(chosen_);
}

void Greedy::load(const assay::State& state) {
  chosen_ = places_in(state.tensor("chosen"));
}

std::int64_t Greedy::best(const torch::Tensor& scores, const Places& chosen) {
  return without(scores, chosen, -kInfinity).argmax().item<std::int64_t>();
}

// |t - x|^2 = |t|^2 - 2 t x + |x|^2, the first the same for all.
void Herding::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  x_ = pool.features.to(torch::kDouble);
  square_ = x_.square().sum(1);
  mean_ = x_.mean(0);
  sum_ = at::zeros_like(mean_);
  for (const auto place : chosen) sum_ += x_[place];
}

std::int64_t Herding::next(const assay::Pool&, const Places& chosen, const assay::Context&) {
  const auto wanted = mean_ * static_cast<double>(chosen.size() + 1) - sum_;
  const auto apart = square_ - at::mv(x_, wanted) * 2;
  const auto place = best(farthest_ ? apart : -apart, chosen);
  sum_ += x_[place];
  return place;
}

void KCentre::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  x_ = pool.features.to(torch::kDouble);
  square_ = x_.square().sum(1);
  nearest_ = at::full({pool.size}, kInfinity, x_.options());
  for (const auto place : chosen) look_from(place);
}

void KCentre::look_from(std::int64_t place) {
  const auto apart = square_ + square_[place] - at::mv(x_, x_[place]) * 2;
  nearest_ = at::minimum(nearest_, apart.clamp_min(0));
}

std::int64_t KCentre::next(const assay::Pool&, const Places& chosen, const assay::Context&) {
  const auto place = chosen.empty()
                         ? (x_ - x_.mean(0)).square().sum(1).argmin().item<std::int64_t>()
                         : best(nearest_, chosen);
  look_from(place);
  return place;
}

void ContextualDiversity::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  log_ = at::log_softmax(pool.logits.to(torch::kDouble), 1);
  p_ = log_.exp();
  nearest_ = at::full({pool.size}, kInfinity, p_.options());
  for (const auto place : chosen) look_from(place);
}

// (KL(p | q) + KL(q | p)) / 2 = sum (p - q) (log p - log q) / 2.
void ContextualDiversity::look_from(std::int64_t place) {
  nearest_ = at::minimum(nearest_, ((p_ - p_[place]) * (log_ - log_[place])).sum(1) / 2);
}

std::int64_t ContextualDiversity::next(const assay::Pool&, const Places& chosen,
                                       const assay::Context&) {
  const auto mean = p_.mean(0);
  const auto place = chosen.empty()
                         ? ((p_ - mean) * (log_ - mean.log())).sum(1).argmin().item<std::int64_t>()
                         : best(nearest_, chosen);
  look_from(place);
  return place;
}

}  // namespace selection
