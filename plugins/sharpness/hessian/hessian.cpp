// Eigenvalues, trace and spectral density of the Hessian of the training loss: Ghorbani, Krishnan
// and Xiao, "An investigation into neural net optimization via Hessian eigenvalue density", ICML
// 2019; the trace as Hutchinson, Communications in Statistics 1990.
#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/ops/cat.h>
#include <ATen/ops/randint.h>

#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"
#include "lanczos.h"
#include "sharpness/shared/drawn_weights.h"
#include "sharpness/shared/first_batches.h"

namespace {

using assay::Tensors;

class Hessian final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t samples = 1024;
    std::int64_t batch = 256;
    std::int64_t top = 1;
    std::int64_t iterations = 40;
    double tolerance = 0.001;
    std::int64_t probes = 0;
    std::shared_ptr<assay::Predictor> predictor;
  };

  static assay::Strings needs() { return {"model", "weights/All", "dataset", "objective"}; }
  static assay::Strings artifacts() { return {"hessian"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("samples", &Params::samples, at_least(1),
               "Number of training samples that the loss is a mean over, from the beginning.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.")
        .field("top", &Params::top, at_least(1), "Number of the largest eigenvalues.")
        .field("iterations", &Params::iterations, at_least(2),
               "Largest number of products with the Hessian per run of Lanczos' method.")
        .field("tolerance", &Params::tolerance, at_least(0),
               "The search ends once the residual of each of the `top` eigenvalues is below this "
               "fraction of the largest one.")
        .field("probes", &Params::probes, at_least(0),
               "Number of random vectors for trace and spectral density, with `iterations` "
               "products each; 0: neither of them.")
        .component("predictor", &Params::predictor, "",
                   "Predictor that draws weights, such as `posterior`: the rows are means over its "
                   "draws; without one they are those of the model itself.");
  }

  explicit Hessian(Params params) : p_(std::move(params)) {
    expect_drawing(p_.predictor);
    if (p_.iterations <= p_.top)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`iterations` must be above `top`, the number of eigenvalues");
  }

  void check(const assay::Parts& parts) const override {
    assay::check_predictor(p_.predictor, *parts.model);
    check_first_batches(parts, p_.samples, p_.batch);
  }

  std::int64_t units(const assay::Parts&) const override {
    return p_.iterations * (1 + p_.probes) * count_draws(p_.predictor);
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const assay::EvalMode mode(*parts.model);
    const auto draw = unit / (p_.iterations * (1 + p_.probes));
    const auto run = unit / p_.iterations % (1 + p_.probes);  // 0: the search, else a probe
    const DrawnWeights drawn(p_.predictor, draw, parts, context);
    if (!problem_ || p_.predictor) start(parts, context);  // which may read buffers of the draw
    if (unit % p_.iterations == 0) lanczos_ = Lanczos(draw_first_vector(draw, run, context));
    if (run > 0 || !has_converged()) lanczos_.advance([&](const auto& v) { return multiply(v); });
    if (unit % p_.iterations + 1 == p_.iterations) finish_run(run);
    if (unit + 1 == units(parts)) finish(context, results);
  }

  void save(assay::State& state) const override {
    state.put_nested("lanczos", lanczos_);
    state.put_list("searches", searches_);
    state.put_list("errors", errors_);
    state.put_list("nodes", nodes_);
    state.put_list("weights", weights_);
    state.put("traces", traces_);
  }
  void load(const assay::State& state) override {
    lanczos_.load(state.nested("lanczos"));
    searches_ = assay::clone(state.list("searches"));
    errors_ = assay::clone(state.list("errors"));
    nodes_ = assay::clone(state.list("nodes"));
    weights_ = assay::clone(state.list("weights"));
    traces_ = state.scalar<assay::Reals>("traces");
  }

 private:
  void start(assay::Parts& parts, const assay::Context& context) {
    const auto here = context.with(context.rng.fork("hessian"));
    problem_.emplace(*parts.model, *parts.objective, assay::ProblemOptions{});
    problem_->begin(load_first_batches(parts, p_.samples, p_.batch, here), here, 1);
  }

  // Of the search a Gaussian vector, of a probe one of signs; 0 in what is not ascended.
  torch::Tensor draw_first_vector(std::int64_t draw, std::int64_t run,
                                  const assay::Context& context) const {
    const auto stream = context.rng.fork("hessian vector")
                            .fork(static_cast<std::uint64_t>(draw))
                            .fork(static_cast<std::uint64_t>(run));
    const auto& w = problem_->parameters();
    if (run == 0) return flatten(assay::draw_normal(w, stream));
    Tensors signs;
    for (const auto& x : w) {
      const auto generator = stream.fork(signs.size()).generator(x.device());
      signs.push_back(at::randint(0, 2, x.sizes(), generator, x.options()) * 2 - 1);
    }
    return flatten(std::move(signs));
  }

  torch::Tensor flatten(Tensors list) const {
    assay::zero_unascended(*problem_, list);
    for (auto& x : list) x = x.detach().reshape({-1});
    return at::cat(list);
  }

  torch::Tensor multiply(const torch::Tensor& v) {
    Tensors list;
    std::int64_t from = 0;
    for (const auto& w : problem_->parameters()) {
      list.push_back(v.narrow(0, from, w.numel()).view_as(w));
      from += w.numel();
    }
    return flatten(problem_->hessian_times(list));
  }

  bool has_converged() const {
    if (lanczos_.size() <= p_.top) return false;
    const auto found = lanczos_.ritz();
    return is_accurate(found.values, found.errors);
  }

  // Whether the largest eigenvalues of a search, or all that it has, are within `tolerance`.
  bool is_accurate(const torch::Tensor& values, const torch::Tensor& errors) const {
    const auto count = std::min(p_.top, values.numel());
    return errors.narrow(0, values.numel() - count, count).max().item<double>() <=
           p_.tolerance * values.abs().max().item<double>();
  }

  void finish_run(std::int64_t run) {
    const auto found = lanczos_.ritz();
    if (run == 0) {
      searches_.push_back(found.values);
      errors_.push_back(found.errors);
      return;
    }
    nodes_.push_back(found.values);
    weights_.push_back(found.weights);
    traces_.push_back(lanczos_.start_squared() * lanczos_.first_quotient());
  }

  // Means over the draws; of a search that ended early the eigenvalues that it has.
  void finish(const assay::Context& context, assay::Results& results) const {
    const auto mean = [](const Tensors& lists, std::int64_t from_end) {
      double sum = 0;
      for (const auto& x : lists) sum += x[x.numel() - 1 - from_end].item<double>();
      return sum / static_cast<double>(lists.size());
    };
    bool accurate = true;
    for (std::size_t k = 0; k < searches_.size(); ++k)
      accurate = accurate && is_accurate(searches_[k], errors_[k]);
    if (!accurate)
      context.note("after " + std::to_string(p_.iterations) +
                   " products the eigenvalues are not within `tolerance`: the rows of their "
                   "errors say how far they may be off");
    std::int64_t least = p_.top, products = 0;
    double smallest = 0;
    for (const auto& x : searches_) {
      least = std::min(least, x.numel());
      products += x.numel();
      smallest += x[0].item<double>() / static_cast<double>(count_draws(p_.predictor));
    }
    for (std::int64_t k = 0; k < least; ++k) {
      const auto name = "hessian/eigenvalue/" + std::to_string(k + 1);
      results.metric(name, mean(searches_, k));
      results.metric(name + "/error", mean(errors_, k));
    }
    results.metric("hessian/smallest", smallest);
    results.metric("hessian/products", static_cast<double>(products));
    leave(results);
    if (!traces_.empty()) report_trace(results);
  }

  // Lengths differ only if a run has spanned the whole space, or a search has converged.
  void leave(assay::Results& results) const {
    assay::TensorMap left;
    for (std::size_t k = 0; k < searches_.size(); ++k)
      left["ritz/" + std::to_string(k)] = searches_[k];
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      left["nodes/" + std::to_string(k)] = nodes_[k];
      left["weights/" + std::to_string(k)] = weights_[k];
    }
    results.artifact("hessian", left);
  }

  void report_trace(assay::Results& results) const {
    const double count = static_cast<double>(traces_.size());
    double mean = 0, squares = 0;
    for (const double x : traces_) mean += x / count;
    for (const double x : traces_) squares += (x - mean) * (x - mean);
    results.metric("hessian/trace", mean);
    if (count > 1) results.metric("hessian/trace/error", std::sqrt(squares / (count - 1) / count));
  }

  Params p_;
  std::optional<assay::BatchProblem> problem_;
  Lanczos lanczos_;
  Tensors searches_, errors_;  // of each draw
  Tensors nodes_, weights_;    // of the probes, draw by draw
  assay::Reals traces_;        // v^T H v of each probe
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Hessian>("hessian",
                        "The largest eigenvalues of the Hessian of a trained model's loss, its "
                        "trace and its spectral density, by Lanczos' method (Ghorbani et al., ICML "
                        "2019).");
}
