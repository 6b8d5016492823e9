// hessian against dense Hessians, and loss_surface against losses by hand.
#include <catch2/catch.hpp>

#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>

#include "assay/sdk/posterior.h"
#include "runner/conformance/earlier_stage.h"
#include "runner/conformance/tiny.h"
#include "sharpness/hessian/lanczos.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// A perceptron of 64 inputs in groups of 8, 6 hidden units and 3 classes, in float64: 75
// parameters.
class Small final : public Model {
 public:
  Small() {
    const auto draw = [](at::IntArrayRef shape, std::uint64_t seed) {
      return at::randn(shape, Rng(seed).generator(), torch::kDouble) * 0.7;
    };
    first = register_parameter("first", draw({6, 8}, 1));
    bias = register_parameter("bias", draw({6}, 2));
    second = register_parameter("second", draw({3, 6}, 3));
    shift = register_parameter("shift", draw({3}, 4));
  }
  Output forward(const Batch& batch) override {
    const auto x = batch.input.flatten(1).to(torch::kDouble).view({-1, 8, 8}).mean(2);
    return {at::linear(at::tanh(at::linear(x, first, bias)), second, shift), {}};
  }
  torch::Tensor first, bias, second, shift;
};

struct Bench {
  Parts parts;
  std::shared_ptr<Small> model = std::make_shared<Small>();
  Rows rows;

  Bench() {
    parts.model = model;
    parts.objective = std::make_shared<OneTerm>();
    parts.dataset = std::make_shared<TinyData>();
  }
  std::map<std::string, double> go(const std::string& use, Values params, bool resumed = false) {
    const auto make = [&] { return plugins().make<Procedure>({use, params}); };
    const auto start = copies(tensors_of(*model));
    auto procedure = make();
    const auto units = procedure->units(parts);
    for (std::int64_t unit = 0; unit < units; ++unit) {
      procedure->advance(unit, parts, {torch::kCPU, Rng(3)}, rows);
      State state;
      procedure->save(state);
      if (resumed) (procedure = make())->load(state);
    }
    CHECK(same(start, tensors_of(*model)));
    return {rows.rows.begin(), rows.rows.end()};
  }
  std::map<std::string, double> run(Procedure& procedure) {
    const auto start = copies(tensors_of(*model));
    for (std::int64_t unit = 0, all = procedure.units(parts); unit < all; ++unit)
      procedure.advance(unit, parts, {torch::kCPU, Rng(3)}, rows);
    CHECK(same(start, tensors_of(*model)));
    return {rows.rows.begin(), rows.rows.end()};
  }
  // By products with unit vectors.
  torch::Tensor dense() {
    BatchProblem problem(*model, *parts.objective, {});
    const auto ids = parts.dataset->ids(Split::kTrain);
    problem.begin({parts.dataset->load(ids, {})}, {torch::kCPU, Rng(1)}, 1);
    Tensors columns;
    const auto& w = problem.parameters();
    for (std::size_t i = 0; i < w.size(); ++i)
      for (std::int64_t k = 0; k < w[i].numel(); ++k) {
        Tensors v;
        for (const auto& x : w) v.push_back(at::zeros_like(x));
        v[i].view({-1})[k] = 1;
        Tensors flat;
        for (const auto& x : problem.hessian_times(v)) flat.push_back(x.detach().reshape({-1}));
        columns.push_back(at::cat(flat));
      }
    return at::stack(columns);
  }
  // By hand: the loss at w + t d, with d as loss_surface draws its second direction.
  double loss_along_y(double t, double& largest_bias) {
    const torch::NoGradGuard no_grad;
    const auto start = copies(model->parameters());
    const auto rng = Rng(3).fork("loss_surface").fork("y");
    for (std::size_t i = 0; i < start.size(); ++i) {
      const auto w = model->parameters()[i];
      if (w.dim() < 2) {
        largest_bias = std::max(largest_bias, (w - start[i]).abs().max().item<double>());
        continue;
      }
      auto d = at::randn(w.sizes(), rng.fork(i).generator(), w.options());
      for (std::int64_t row = 0; row < w.size(0); ++row) d[row].mul_(w[row].norm() / d[row].norm());
      w.add_(d, t);
    }
    const double moved = loss();
    for (std::size_t i = 0; i < start.size(); ++i) model->parameters()[i].copy_(start[i]);
    return moved;
  }
  double loss() {
    BatchProblem problem(*model, *parts.objective, {});
    problem.begin({parts.dataset->load(parts.dataset->ids(Split::kTrain), {})},
                  {torch::kCPU, Rng(1)}, 1);
    return problem.loss();
  }
};

const auto whole = [](std::int64_t n) { return Value{n}; };

}  // namespace

TEST_CASE("hessian finds the eigenvalues of the dense Hessian") {
  Bench bench;
  const auto all = at::linalg_eigvalsh(bench.dense());
  const auto n = all.numel();
  const auto found = bench.go(
      "hessian",
      {{"top", whole(3)}, {"iterations", whole(75)}, {"tolerance", 1e-8}, {"batch", whole(16)}});
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto name = "hessian/eigenvalue/" + std::to_string(k + 1);
    CHECK(found.at(name) == Approx(all[n - 1 - k].item<double>()).epsilon(1e-7));
    CHECK(found.at(name + "/error") <= 1e-7);
  }
  CHECK(found.at("hessian/products") < 75);
  // With few products the error that it states is a bound.
  Bench few;
  const auto rough = few.go("hessian", {{"iterations", whole(8)}});
  const auto nearest = (all - rough.at("hessian/eigenvalue/1")).abs().min().item<double>();
  CHECK(nearest <= rough.at("hessian/eigenvalue/1/error") * (1 + 1e-9));
}

TEST_CASE("trace and spectral density are those of the dense Hessian") {
  Bench bench;
  const auto dense = bench.dense();
  const auto all = at::linalg_eigvalsh(dense);
  const auto found =
      bench.go("hessian", {{"iterations", whole(12)}, {"probes", whole(300)}, {"tolerance", 0.0}});
  const double trace = dense.trace().item<double>();
  CHECK(std::abs(found.at("hessian/trace") - trace) < 4 * found.at("hessian/trace/error"));
  CHECK(found.at("hessian/trace/error") < 0.2 * trace);
  // The mean of the density's nodes is tr(H) / n, that of their squares tr(H^2) / n.
  const auto& left = bench.rows.artifacts.at("hessian");
  double first = 0, second = 0;
  for (int k = 0; k < 300; ++k) {
    const auto &nodes = left.at("nodes/" + std::to_string(k)),
               &weights = left.at("weights/" + std::to_string(k));
    CHECK(weights.sum().item<double>() == Approx(1).epsilon(1e-9));
    first += (nodes * weights).sum().item<double>() / 300;
    second += (nodes.square() * weights).sum().item<double>() / 300;
  }
  CHECK(first * 75 == Approx(found.at("hessian/trace")).epsilon(1e-9));
  CHECK(second == Approx(all.square().mean().item<double>()).epsilon(0.35));
}

TEST_CASE("sharpness and hessian are averaged over the weights that a predictor draws") {
  Bench bench;
  const auto before = std::make_shared<EarlierStage>();
  Posterior kept;
  for (const auto& [name, w] : trained_parameters(*bench.model)) {
    kept.names.push_back(name);
    kept.samples.push_back(at::stack({w.detach(), w.detach() * 0.5}));
  }
  before->artifacts[kPosterior] = to_artifact(kept);
  const auto of = [&](Values params, const std::string& use, bool drawn) {
    Bench one;
    const auto surroundings = Surroundings{.info = &bench.parts.dataset->info(), .inputs = before};
    if (drawn)
      params["predictor"] =
          Spec{"posterior", {{"stage", std::string("fit")}, {"samples", whole(2)}}};
    const auto procedure = std::static_pointer_cast<Procedure>(
        plugins().make("procedure", {use, params}, surroundings));
    return one.run(*procedure);
  };
  const std::pair<std::string, std::string> rows[] = {{"sharpness", "sharpness/worst"},
                                                      {"hessian", "hessian/eigenvalue/1"}};
  for (const auto& [use, row] : rows) {
    const Values params = use == "hessian" ? Values{{"iterations", whole(75)}, {"tolerance", 1e-9}}
                                           : Values{{"m", whole(60)}};
    Bench half;
    {
      const torch::NoGradGuard no_grad;
      for (const auto& w : half.model->parameters()) w.mul_(0.5);
    }
    const double here = of(params, use, false).at(row), halved = half.go(use, params).at(row);
    CHECK(of(params, use, true).at(row) == Approx((here + halved) / 2).epsilon(1e-6));
    Values wrong = params;
    wrong["predictor"] = Spec{"monte_carlo", {}};
    CHECK_THROWS_WITH(plugins().make<Procedure>({use, wrong}),
                      Catch::Matchers::Contains("draws no weights"));
  }
}

TEST_CASE("hessian resumes bit for bit") {
  const Values params{{"iterations", whole(6)}, {"probes", whole(2)}, {"batch", whole(16)}};
  Bench once, resumed;
  CHECK(once.go("hessian", params) == resumed.go("hessian", params, true));
  CHECK(once.rows.artifacts.at("hessian").at("nodes/1").equal(
      resumed.rows.artifacts.at("hessian").at("nodes/1")));
}

TEST_CASE("Lanczos has no ghosts, and ends when it has spanned the space") {
  const auto diagonal = torch::tensor({10.0, 1.0, 1.0, 1.0, 0.5}, torch::kDouble);
  Lanczos lanczos(at::ones({5}, torch::kDouble));
  for (int k = 0; k < 10; ++k) lanczos.advance([&](const auto& v) { return diagonal * v; });
  CHECK(lanczos.is_exhausted());
  const auto found = lanczos.ritz();  // one vector per eigenvalue: the three of 1 are one
  REQUIRE(found.values.numel() == 3);
  const double expected[] = {0.5, 1, 10};
  for (int k = 0; k < 3; ++k) {
    CHECK(found.values[k].item<double>() == Approx(expected[k]).epsilon(1e-10));
    CHECK(found.weights[k].item<double>() == Approx(k == 1 ? 0.6 : 0.2).epsilon(1e-10));
  }
  CHECK(found.errors.max().item<double>() == 0);
}

TEST_CASE("loss_surface has the loss of the model in its middle, and those of moved weights") {
  Bench bench;
  const auto found =
      bench.go("loss_surface", {{"points", whole(5)}, {"span", 0.4}, {"batch", whole(16)}});
  const auto& left = bench.rows.artifacts.at("loss_surface");
  CHECK(left.at("places").equal(torch::tensor({-0.4, -0.2, 0.0, 0.2, 0.4}, torch::kDouble)));
  const auto& losses = left.at("losses");
  CHECK(losses[2][2].item<double>() == Approx(bench.loss()).epsilon(1e-12));
  CHECK(found.at("loss_surface/here") == losses[2][2].item<double>());
  CHECK(found.at("loss_surface/largest") == losses.max().item<double>());
  const auto& picture = bench.rows.documents.at("loss_surface.svg");
  CHECK(picture.find("<svg") != std::string::npos);
  // One row down from the middle: along y alone, whose filters have the lengths of the weights'.
  double largest_bias = 0;
  const auto moved = bench.loss_along_y(-0.2, largest_bias);
  CHECK(losses[1][2].item<double>() == Approx(moved).epsilon(1e-10));
  CHECK(largest_bias == 0);
  Bench resumed;
  resumed.go("loss_surface", {{"points", whole(5)}, {"span", 0.4}, {"batch", whole(16)}}, true);
  CHECK(resumed.rows.artifacts.at("loss_surface").at("losses").equal(losses));
}
