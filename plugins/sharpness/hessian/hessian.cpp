// Eigenvalues, trace and spectral density of the Hessian of the training loss: Ghorbani, Krishnan
// and Xiao, "An investigation into neural net optimization via Hessian eigenvalue density", ICML
// 2019; the trace as Hutchinson, Communications in Statistics 1990.
#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/ops/cat.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include "assay/registry.h"
#include "lanczos.h"
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
               "products each; 0: neither of them.");
  }

  explicit Hessian(Params params) : p_(params) {
    if (p_.iterations <= p_.top)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`iterations` must be above `top`, the number of eigenvalues");
  }

  std::int64_t units(const assay::Parts&) const override { return p_.iterations * (1 + p_.probes); }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const assay::EvalMode mode(*parts.model);
    if (!problem_) start(parts, context);
    const auto run = unit / p_.iterations;
    if (unit % p_.iterations == 0) lanczos_ = Lanczos(first_vector(run, context));
    if (run > 0 || !has_converged()) lanczos_.advance([&](const auto& v) { return times(v); });
    if (unit % p_.iterations + 1 == p_.iterations) finish_run(run, results);
    if (run == p_.probes && (unit + 1) % p_.iterations == 0) finish(results);
  }

  void save(assay::State& state) const override {
    state.put_nested("lanczos", lanczos_);
    state.put_list("values", values_);
    state.put_list("weights", weights_);
    state.put("quotients", quotients_);
  }
  void load(const assay::State& state) override {
    lanczos_.load(state.nested("lanczos"));
    for (const auto& x : state.list("values")) values_.push_back(x.clone());
    for (const auto& x : state.list("weights")) weights_.push_back(x.clone());
    quotients_ = state.scalar<assay::Reals>("quotients");
  }

 private:
  void start(assay::Parts& parts, const assay::Context& context) {
    const auto here = context.with(context.rng.fork("hessian"));
    problem_.emplace(*parts.model, *parts.objective, assay::ProblemOptions{});
    problem_->begin(first_batches(*parts.dataset, p_.samples, p_.batch, here), here, 1);
  }

  // Of the search a Gaussian vector, of a probe one of signs.
  torch::Tensor first_vector(std::int64_t run, const assay::Context& context) const {
    const auto n = size();
    const auto options = problem_->parameters().front().options();
    const auto generator = context.rng.fork("hessian vector")
                               .fork(static_cast<std::uint64_t>(run))
                               .generator(options.device());
    if (run == 0) return at::randn({n}, generator, options);
    return at::randint(0, 2, {n}, generator, options) * 2 - 1;
  }

  torch::Tensor times(const torch::Tensor& v) {
    Tensors list, flat;
    std::int64_t from = 0;
    for (const auto& w : problem_->parameters()) {
      list.push_back(v.narrow(0, from, w.numel()).view_as(w));
      from += w.numel();
    }
    for (const auto& x : problem_->hessian_times(list)) flat.push_back(x.detach().reshape({-1}));
    return at::cat(flat);
  }

  bool has_converged() const {
    if (lanczos_.size() <= p_.top) return false;
    const auto found = lanczos_.ritz();
    const auto m = found.values.numel();
    const double largest = found.values.abs().max().item<double>();
    return found.errors.narrow(0, m - p_.top, p_.top).max().item<double>() <=
           p_.tolerance * largest;
  }

  void finish_run(std::int64_t run, assay::Results& results) {
    const auto found = lanczos_.ritz();
    const auto m = found.values.numel();
    if (run > 0) {
      values_.push_back(found.values);
      weights_.push_back(found.weights);
      const double n = static_cast<double>(size());
      quotients_.push_back(n * lanczos_.first_quotient());
      return;
    }
    for (std::int64_t k = 0; k < std::min(p_.top, m); ++k) {
      const auto name = "hessian/eigenvalue/" + std::to_string(k + 1);
      results.metric(name, found.values[m - 1 - k].item<double>());
      results.metric(name + "/error", found.errors[m - 1 - k].item<double>());
    }
    results.metric("hessian/smallest", found.values[0].item<double>());
    results.metric("hessian/products", static_cast<double>(m));
    values_.push_back(found.values);
  }

  std::int64_t size() const {
    std::int64_t n = 0;
    for (const auto& w : problem_->parameters()) n += w.numel();
    return n;
  }

  // `ritz` of the search; per probe the nodes and weights of the density, whose lengths differ only
  // if one has spanned the whole space.
  void finish(assay::Results& results) const {
    assay::TensorMap left{{"ritz", values_.front()}};
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      left["nodes/" + std::to_string(k)] = values_[k + 1];
      left["weights/" + std::to_string(k)] = weights_[k];
    }
    results.artifact("hessian", left);
    if (quotients_.empty()) return;
    const double count = static_cast<double>(quotients_.size());
    double mean = 0, squares = 0;
    for (const double x : quotients_) mean += x / count;
    for (const double x : quotients_) squares += (x - mean) * (x - mean);
    results.metric("hessian/trace", mean);
    if (count > 1) results.metric("hessian/trace/error", std::sqrt(squares / (count - 1) / count));
  }

  Params p_;
  std::optional<assay::BatchProblem> problem_;
  Lanczos lanczos_;
  Tensors values_, weights_;  // of the search and then of each probe; weights of probes alone
  assay::Reals quotients_;    // v^T H v of each probe
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Hessian>("hessian",
                        "The largest eigenvalues of the Hessian of a trained model's loss, its "
                        "trace and its spectral density, by Lanczos' method (Ghorbani et al., ICML "
                        "2019).");
}
