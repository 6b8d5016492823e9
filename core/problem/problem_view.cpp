// How optimizers nest: the clipped gradient, whole gradients, gradients taken elsewhere.
#include "assay/sdk/problem_view.h"

#include <ATen/ops/_foreach_mul.h>

#include "assay/error.h"
#include "assay/sdk/tensors.h"

namespace assay {

ProblemView::~ProblemView() = default;

double ProblemView::step(Optimizer& base) {
  return base.step(*this);
}

Gradient Problem::gradient() {
  auto gradient = raw_gradient();
  const double largest = largest_norm();
  if (largest <= 0) return gradient;
  const torch::NoGradGuard no_grad;
  const double length = norm(gradient.tensors);
  if (length > largest) at::_foreach_mul_(gradient.tensors, largest / length);
  return gradient;
}

// A part of the batch, whose gradient changes as that of the whole.
class ChangedGradient::Piece final : public ChangedGradient {
 public:
  Piece(std::unique_ptr<Problem> problem, ChangedGradient& whole)
      : ChangedGradient(*problem, whole.wrapper_), problem_(std::move(problem)), whole_(whole) {}

 protected:
  void change(Tensors& gradient) override { whole_.change(gradient); }

 private:
  std::unique_ptr<Problem> problem_;
  ChangedGradient& whole_;
};

ChangedGradient::ChangedGradient(Problem& inner, std::string wrapper)
    : ProblemView(inner), wrapper_(std::move(wrapper)) {}
ChangedGradient::~ChangedGradient() = default;

Gradient ChangedGradient::raw_gradient() {
  auto gradient = inner_.raw_gradient();
  const torch::NoGradGuard no_grad;
  change(gradient.tensors);
  return gradient;
}
std::vector<Part> ChangedGradient::gradients(By by) {
  auto parts = inner_.gradients(by);
  const torch::NoGradGuard no_grad;
  for (auto& part : parts) change(part.gradient);
  return parts;
}
Part ChangedGradient::gradient_of(By by, std::int64_t index) {
  auto part = inner_.gradient_of(by, index);
  const torch::NoGradGuard no_grad;
  change(part.gradient);
  return part;
}
Gradient ChangedGradient::weighted_gradient(By by, const Weigh& weigh) {
  auto gradient = inner_.weighted_gradient(by, weigh);
  const torch::NoGradGuard no_grad;
  change(gradient.tensors);
  return gradient;
}
Tensors ChangedGradient::hessian_times(const Tensors&) {
  throw Error(ErrorKind::kParameter,
              "optimizer `" + wrapper_ +
                  "` changes the gradient, which then has no Hessian, but its base asks for "
                  "products with one: swap the two, or use another base",
              "optimizer");
}
std::vector<Problem::Subproblem> ChangedGradient::split(std::int64_t samples) {
  auto parts = inner_.split(samples);
  for (auto& part : parts) part.problem = std::make_unique<Piece>(std::move(part.problem), *this);
  return parts;
}

CombinedGradient::CombinedGradient(Problem& inner, std::string wrapper)
    : ProblemView(inner),
      combined_by_(std::move(wrapper)),
      terms_{"the loss combined by `" + combined_by_ + "`"},
      owners_(inner.parameters().size(), kShared) {}
CombinedGradient::~CombinedGradient() = default;

void CombinedGradient::refuse(const std::string& what) const {
  throw Error(ErrorKind::kParameter,
              "optimizer `" + combined_by_ +
                  "` gives its base one combined gradient, but the base asks for " + what +
                  ": use a base that needs only that gradient",
              "optimizer");
}

void zero_unascended(const Problem& problem, Tensors& direction) {
  const torch::NoGradGuard no_grad;
  const auto roles = problem.roles();
  for (std::size_t i = 0; i < roles.size(); ++i)
    if (!is_ascended(roles[i])) direction.at(i).zero_();
}

// The name of the first parameter whose role is not accepted; null if there is none.
template <class Accepts>
static const std::string* find_other(const Problem& problem, const Accepts& accepts) {
  const auto roles = problem.roles();
  for (std::size_t i = 0; i < roles.size(); ++i)
    if (!accepts(roles[i])) return &problem.parameter_names()[i];
  return nullptr;
}

static const std::string* find_scale(const Problem& problem) {
  return find_other(problem, [](Role role) { return role == Role::kWeight; });
}

void expect_all_ascended(const Problem& problem, const std::string& optimizer) {
  if (const auto* other = find_other(problem, is_ascended))
    throw Error(ErrorKind::kParameter,
                "optimizer `" + optimizer + "` perturbs all parameters, but `" + *other +
                    "` is not to be perturbed: use an optimizer that leaves it out, or let it be "
                    "perturbed",
                "optimizer");
}

void check_decay(const Problem& problem, double weight_decay, const std::string& optimizer) {
  const auto* scale = find_scale(problem);
  if (weight_decay == 0 || scale == nullptr) return;
  throw Error(ErrorKind::kParameter,
              "optimizer `" + optimizer + "` decays `" + *scale +
                  "`, which is the scale of a distribution and no weight: set `weight_decay` to 0, "
                  "since a prior takes its place",
              "optimizer");
}

void expect_weights(const Problem& problem, const std::string& optimizer) {
  if (const auto* scale = find_scale(problem))
    throw Error(ErrorKind::kParameter,
                "optimizer `" + optimizer + "` takes all parameters for weights, but `" + *scale +
                    "` is the scale of a distribution: use another optimizer, or a model without "
                    "distributions",
                "optimizer");
}

AscentProblem::AscentProblem(Problem& inner, std::string wrapper, Perturb perturb)
    : ProblemView(inner), combined_by_(std::move(wrapper)), perturb_(std::move(perturb)) {}
AscentProblem::~AscentProblem() = default;

double AscentProblem::step(Optimizer& base) {
  const double loss = base.step(*this);
  return start_.value_or(loss);
}

ScopedWeights AscentProblem::perturb_weights() {
  auto here = inner_.raw_gradient();
  if (!start_) start_ = here.loss;
  const torch::NoGradGuard no_grad;
  zero_unascended(*this, here.tensors);
  auto there = perturb_(std::move(here));
  const auto all = roles();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!is_ascended(all[i])) there.at(i) = parameters()[i].detach();
  return {parameters(), there};
}

Gradient AscentProblem::raw_gradient() {
  const auto there = perturb_weights();
  return inner_.raw_gradient();
}
std::vector<Part> AscentProblem::gradients(By by) {
  const auto there = perturb_weights();
  return inner_.gradients(by);
}
Part AscentProblem::gradient_of(By by, std::int64_t index) {
  const auto there = perturb_weights();
  return inner_.gradient_of(by, index);
}
Gradient AscentProblem::weighted_gradient(By by, const Weigh& weigh) {
  const auto there = perturb_weights();
  return inner_.weighted_gradient(by, weigh);
}
Tensors AscentProblem::hessian_times(const Tensors& v) {
  const auto there = perturb_weights();
  return inner_.hessian_times(v);
}
std::vector<Problem::Subproblem> AscentProblem::split(std::int64_t) {
  throw Error(ErrorKind::kParameter,
              "optimizer `" + combined_by_ +
                  "` perturbs the weights for the whole batch, but its base splits the "
                  "batch: swap the two, with `" +
                  combined_by_ + "` as the base",
              "optimizer");
}

}  // namespace assay
