// How optimizers nest: the clipped gradient, whole gradients, gradients taken elsewhere.
#include "assay/sdk/problem_view.h"

#include <ATen/ops/_foreach_mul.h>

#include "assay/error.h"
#include "assay/sdk/tensors.h"

namespace assay {

Gradient Problem::gradient() {
  auto gradient = raw_gradient();
  const double largest = largest_norm();
  if (largest <= 0) return gradient;
  const torch::NoGradGuard no_grad;
  const double length = norm(gradient.of);
  if (length > largest) at::_foreach_mul_(gradient.of, largest / length);
  return gradient;
}

WholeGradient::WholeGradient(Problem& inner, std::string maker)
    : ProblemView(inner),
      maker_(std::move(maker)),
      terms_{"what `" + maker_ + "` makes of the loss"},
      owners_(inner.parameters().size(), kShared) {}
WholeGradient::~WholeGradient() = default;

void WholeGradient::no_parts(const std::string& what) const {
  throw Error(ErrorKind::kParameter,
              "optimizer `" + maker_ + "` gives its base one gradient, and the base asks for " +
                  what + ": use a base that needs no more, such as `sgd` or `sam`");
}

Displaced::Displaced(const Tensors& weights, const Tensors& there) : weights_(weights) {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    start_.push_back(weights_[i].detach());
    weights_[i].set_data(there[i]);
  }
}
Displaced::~Displaced() {
  for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].set_data(start_[i]);
}

Uphill::Uphill(Problem& inner, std::string maker, Climb climb)
    : ProblemView(inner), maker_(std::move(maker)), climb_(std::move(climb)) {}
Uphill::~Uphill() = default;

double Uphill::step(Optimizer& base) {
  const double loss = base.step(*this);
  return start_.value_or(loss);
}

Displaced Uphill::climbed() {
  auto here = inner_.raw_gradient();
  if (!start_) start_ = here.loss;
  const torch::NoGradGuard no_grad;
  return {parameters(), climb_(std::move(here))};
}

Gradient Uphill::raw_gradient() {
  const auto there = climbed();
  return inner_.raw_gradient();
}
std::vector<Gradient> Uphill::gradient_per_term() {
  const auto there = climbed();
  return inner_.gradient_per_term();
}
Gradient Uphill::gradient_of_term(std::size_t index) {
  const auto there = climbed();
  return inner_.gradient_of_term(index);
}
Gradient Uphill::weighted_gradient(const Weigh& weigh) {
  const auto there = climbed();
  return inner_.weighted_gradient(weigh);
}
std::vector<GroupGradient> Uphill::gradient_per_group() {
  const auto there = climbed();
  return inner_.gradient_per_group();
}
Gradient Uphill::group_weighted_gradient(const WeighGroups& weigh) {
  const auto there = climbed();
  return inner_.group_weighted_gradient(weigh);
}
std::vector<Problem::Part> Uphill::split(std::int64_t) {
  throw Error(ErrorKind::kParameter, "optimizer `" + maker_ +
                                         "` climbs on the whole batch, and its base asks for parts "
                                         "of it: let the two change places, with `" +
                                         maker_ + "` as the base");
}

}  // namespace assay
