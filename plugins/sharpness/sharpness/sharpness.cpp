// m-sharpness: Foret et al., "Sharpness-Aware Minimization", ICLR 2021, section 4; adaptive as
// Andriushchenko, Croce, Mueller, Hein and Flammarion, "A modern look at the relationship between
// sharpness and generalization", ICML 2023, who ascend by Auto-PGD where steps are fixed here.
#include <cmath>

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/training.h"
#include "sharpness/shared/drawn_weights.h"

namespace {

using assay::Split;
using assay::Tensors;

constexpr double kStep = 0.1;  // of an ascent, in units of rho

class Sharpness final : public assay::Procedure {
 public:
  struct Params {
    double rho = 0.05;
    std::int64_t samples = 1024;
    std::int64_t m = 128;
    std::int64_t ascents = 20;
    std::int64_t draws = 10;
    bool adaptive = false;
    std::shared_ptr<assay::Predictor> predictor;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("rho", &Params::rho, above(0), "L2 radius of the perturbations, in weight units.")
        .field("samples", &Params::samples, at_least(1),
               "Number of training samples to measure on, from the beginning.")
        .field("m", &Params::m, at_least(1), "Number of samples that share one perturbation.")
        .field("ascents", &Params::ascents, at_least(1),
               "Number of ascent steps of length 0.1 rho, each followed by a projection onto the "
               "ball.")
        .field("draws", &Params::draws, at_least(1),
               "Number of Gaussian perturbations, of root mean square length rho, for the average.")
        .field("adaptive", &Params::adaptive, any(),
               "Divides each element of a perturbation by the size of its weight before it is "
               "compared with rho; the rows are then sharpness/adaptive_worst and so on.")
        .component("predictor", &Params::predictor, "",
                   "Predictor that draws weights, such as `posterior`: the rows are means over its "
                   "draws; without one they are those of the model itself.");
  }
  static assay::Strings needs() { return {"model", "weights/All", "dataset", "objective"}; }

  explicit Sharpness(Params params) : p_(std::move(params)) { expect_drawing(p_.predictor); }

  void check(const assay::Parts& parts) const override {
    assay::check_predictor(p_.predictor, *parts.model);
    assay::check_measured_objective(parts, {Split::kTrain, size(parts), p_.m, "procedure.m"});
  }

  std::int64_t units(const assay::Parts& parts) const override {
    return chunks(parts) * count_draws(p_.predictor);
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const assay::EvalMode mode(*parts.model);
    const DrawnWeights drawn(p_.predictor, unit / chunks(parts), parts, context);
    const auto start = unit % chunks(parts) * p_.m, count = std::min(p_.m, size(parts) - start);
    const auto ids = parts.dataset->ids(Split::kTrain).subspan(start, count);
    const auto here =
        context.with(context.rng.fork("sharpness").fork(static_cast<std::uint64_t>(unit)));
    assay::BatchProblem problem(*parts.model, *parts.objective, {});
    problem.begin({assay::to_device(parts.dataset->load(ids, here), here.device)}, here, 1);
    measure(problem, static_cast<double>(count) /
                         static_cast<double>(size(parts) * count_draws(p_.predictor)));
    if (unit + 1 < units(parts)) return;
    const std::string prefix = p_.adaptive ? "sharpness/adaptive_" : "sharpness/";
    results.metric(prefix + "worst", worst_);
    results.metric(prefix + "average", average_);
    results.metric(prefix + "gradient_norm", gradient_norm_);
  }

  void save(assay::State& state) const override {
    state.put("worst", worst_);
    state.put("average", average_);
    state.put("gradient_norm", gradient_norm_);
  }
  void load(const assay::State& state) override {
    worst_ = state.scalar<double>("worst");
    average_ = state.scalar<double>("average");
    gradient_norm_ = state.scalar<double>("gradient_norm");
  }

 private:
  std::int64_t size(const assay::Parts& parts) const {
    return std::min(p_.samples,
                    static_cast<std::int64_t>(parts.dataset->ids(Split::kTrain).size()));
  }

  std::int64_t chunks(const assay::Parts& parts) const { return (size(parts) + p_.m - 1) / p_.m; }

  void measure(assay::Problem& problem, double share) {
    const torch::NoGradGuard no_grad;
    Tensors sizes;  // of the weights, in which perturbations are measured; empty: 1
    if (p_.adaptive)
      for (const auto& w : problem.parameters()) sizes.push_back(w.detach().abs());
    auto gradient = problem.raw_gradient();
    assay::zero_unascended(problem, gradient.tensors);
    scale(gradient.tensors, sizes);
    gradient_norm_ += share * assay::norm(gradient.tensors);
    average_ += share * average(problem, gradient.loss, sizes);
    worst_ += share * worst(problem, std::move(gradient), sizes);
  }

  static void scale(Tensors& list, const Tensors& by) {
    for (std::size_t i = 0; i < by.size(); ++i) list[i].mul_(by[i]);
  }

  // The largest rise of the loss that the ascent meets within the ball; e and the gradients are
  // those of the scaled weights.
  double worst(assay::Problem& problem, assay::Gradient gradient, const Tensors& sizes) const {
    const auto& w = problem.parameters();
    const double start = gradient.loss;
    Tensors e;
    for (const auto& x : w) e.push_back(at::zeros_like(x));
    double highest = 0;
    for (std::int64_t k = 0; k < p_.ascents; ++k) {
      const double slope = assay::norm(gradient.tensors);
      if (slope == 0) break;
      e = assay::add_scaled(e, std::move(gradient.tensors), kStep * p_.rho / slope);
      const double length = assay::norm(e);
      if (length > p_.rho) at::_foreach_mul_(e, p_.rho / length);
      Tensors there;
      for (const auto& x : e) there.push_back(x.clone());
      scale(there, sizes);
      const assay::ScopedWeights displaced(w, assay::add_scaled(w, std::move(there), 1));
      gradient = problem.raw_gradient();
      assay::zero_unascended(problem, gradient.tensors);
      scale(gradient.tensors, sizes);
      highest = std::max(highest, gradient.loss - start);
    }
    return highest;
  }

  double average(assay::Problem& problem, double start, const Tensors& sizes) const {
    const auto& w = problem.parameters();
    const auto roles = problem.roles();
    std::int64_t numbers = 0;  // that are perturbed
    for (std::size_t i = 0; i < w.size(); ++i)
      if (roles.empty() || is_ascended(roles[i])) numbers += w[i].numel();
    const double sigma = p_.rho / std::sqrt(static_cast<double>(numbers));
    double sum = 0;
    for (std::int64_t k = 0; k < p_.draws; ++k) {
      const auto rng = problem.rng().fork("draw").fork(static_cast<std::uint64_t>(k));
      auto noise = assay::draw_normal(w, rng);
      scale(noise, sizes);
      const assay::ScopedWeights displaced(w, assay::add_scaled(w, std::move(noise), sigma));
      sum += problem.loss() - start;
    }
    return sum / static_cast<double>(p_.draws);
  }

  Params p_;
  double worst_ = 0, average_ = 0, gradient_norm_ = 0;  // of the chunks so far, by their share
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Sharpness>(
      "sharpness",
      "Measures how much the loss of a trained model increases in a ball around its "
      "weights (Foret et al., ICLR 2021; Andriushchenko et al., ICML 2023).");
}
