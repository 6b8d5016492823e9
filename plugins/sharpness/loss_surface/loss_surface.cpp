// Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS
// 2018, section 4: random directions with the norms of the weights' filters.
#include <cmath>
#include <optional>

#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/scoped_weights.h"
#include "assay/sdk/tensors.h"
#include "picture.h"
#include "sharpness/shared/first_batches.h"

namespace {

using assay::Tensors;

class LossSurface final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t points = 21;
    double span = 1;
    std::int64_t samples = 1024;
    std::int64_t batch = 256;
  };

  static assay::Strings needs() { return {"model", "weights/All", "dataset", "objective"}; }
  static assay::Strings artifacts() { return {"loss_surface"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("points", &Params::points, between(3, 201),
               "Number of points in each of the two directions; odd, so that one is the model.")
        .field("span", &Params::span, above(0),
               "The surface reaches from -span to span, in units of the weights' own norms.")
        .field("samples", &Params::samples, at_least(1),
               "Number of training samples that the loss is a mean over, from the beginning.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.");
  }

  explicit LossSurface(Params params) : p_(params) {
    if (p_.points % 2 == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`points` must be odd, so that one of them is the model itself");
  }

  void check(const assay::Parts& parts) const override {
    check_first_batches(parts, p_.samples, p_.batch);
  }

  std::int64_t units(const assay::Parts&) const override { return p_.points; }

  // A row of the grid.
  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(*parts.model);
    if (!problem_) start(parts, context);
    for (std::int64_t column = 0; column < p_.points; ++column) {
      const auto& w = problem_->parameters();
      Tensors there;
      for (std::size_t i = 0; i < w.size(); ++i)
        there.push_back(w[i] + x_[i] * place(column) + y_[i] * place(unit));
      const assay::ScopedWeights displaced(w, there);
      losses_.push_back(problem_->loss());
    }
    if (unit + 1 == p_.points) finish(results);
  }

  void save(assay::State& state) const override { state.put("losses", losses_); }
  void load(const assay::State& state) override { losses_ = state.scalar<assay::Reals>("losses"); }

 private:
  double place(std::int64_t k) const {
    return p_.span * (2 * static_cast<double>(k) / static_cast<double>(p_.points - 1) - 1);
  }

  void start(assay::Parts& parts, const assay::Context& context) {
    const auto here = context.with(context.rng.fork("loss_surface"));
    problem_.emplace(*parts.model, *parts.objective,
                     assay::ProblemOptions{.allow_nonfinite = true});
    problem_->begin(load_first_batches(parts, p_.samples, p_.batch, here), here, 1);
    x_ = draw_direction(here.rng.fork("x"));
    y_ = draw_direction(here.rng.fork("y"));
  }

  // Biases and the like, of one dimension, stay as they are.
  Tensors draw_direction(const assay::Rng& rng) const {
    const auto& w = problem_->parameters();
    auto d = assay::draw_normal(w, rng);
    const auto norms_of_filters = [](const torch::Tensor& x) {
      std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
      shape[0] = x.size(0);
      return x.flatten(1).norm(2, 1).view(shape);
    };
    for (std::size_t i = 0; i < w.size(); ++i)
      d[i] = w[i].dim() < 2 ? at::zeros_like(w[i])
                            : d[i] * norms_of_filters(w[i]) / (norms_of_filters(d[i]) + 1e-10);
    assay::zero_unascended(*problem_, d);
    return d;
  }

  void finish(assay::Results& results) const {
    assay::Reals places;
    for (std::int64_t k = 0; k < p_.points; ++k) places.push_back(place(k));
    results.artifact("loss_surface",
                     {{"places", torch::tensor(places, torch::kDouble)},
                      {"losses", torch::tensor(losses_, torch::kDouble).view({p_.points, -1})}});
    results.document("loss_surface.svg",
                     draw_surface(losses_, static_cast<int>(p_.points), p_.span));
    const auto middle = static_cast<std::size_t>(p_.points * p_.points / 2);
    assay::Reals finite;
    for (const double loss : losses_)
      if (std::isfinite(loss)) finite.push_back(loss);
    if (finite.empty())
      throw assay::Error(assay::ErrorKind::kNumeric, "the loss is finite nowhere on the surface");
    results.metric("loss_surface/here", losses_[middle]);
    results.metric("loss_surface/lowest", *std::min_element(finite.begin(), finite.end()));
    results.metric("loss_surface/largest", *std::max_element(finite.begin(), finite.end()));
  }

  Params p_;
  std::optional<assay::BatchProblem> problem_;
  Tensors x_, y_;
  assay::Reals losses_;  // row by row, from y = -span
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<LossSurface>("loss_surface",
                            "The loss of a trained model on a grid around its weights, along two "
                            "filter-normalized random directions (Li et al., NeurIPS 2018), as "
                            "numbers and as a picture.");
}
