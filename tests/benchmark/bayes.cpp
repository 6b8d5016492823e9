// assay-bench-bayes: what flat steps, SWAG, averaged predictions and the largest eigenvalue cost,
// on the network of experiments/bayes (65,000 weights) and Fashion-MNIST.
#include <cmath>
#include <cstdio>

#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>

#include "assay/callback.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/prediction.h"
#include "core/runtime/runtime.h"
#include "runner/conformance/earlier_stage.h"
#include "runner/conformance/tiny.h"
#include "tests/benchmark/contest.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::benchmark;

namespace {

constexpr std::int64_t kBatch = 128, kEpoch = 79;  // steps for 10,000 samples

struct Desk {
  std::shared_ptr<Dataset> data = testing::plugins().make<Dataset>(
      {"fashion_mnist",
       {{"train_limit", std::int64_t{10000}}, {"validation", std::int64_t{2000}}}});
  std::shared_ptr<Objective> objective =
      testing::plugins().make<Objective>({"cross_entropy", {}}, &data->info());
  std::shared_ptr<Model> model;
  std::unique_ptr<BatchProblem> problem;
  std::uint64_t step_ = 0;

  Desk() {
    seed_default_generators(Rng(1), torch::kCPU);
    model =
        testing::plugins().make<Model>({"convnet", {{"width", std::int64_t{5}}}}, &data->info());
    problem = std::make_unique<BatchProblem>(*model, *objective, ProblemOptions{});
  }
  std::shared_ptr<Optimizer> optimizer(const Spec& spec) const {
    return testing::plugins().make<Optimizer>(spec, &data->info());
  }
  void begin() {
    const auto ids = data->ids(Split::kTrain);
    const auto from = static_cast<std::size_t>(step_ % kEpoch * kBatch) % (ids.size() - kBatch);
    problem->begin({data->load(ids.subspan(from, kBatch), {})}, {torch::kCPU, Rng(3).fork(step_++)},
                   1);
  }
  void step(Optimizer& by) {
    begin();
    by.step(*problem);
  }
  Parts parts() const {
    Parts all;
    all.model = model;
    all.dataset = data;
    all.objective = objective;
    return all;
  }
};

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void flat_steps() {
  const Spec sgd{"sgd", {{"lr", 1e-4}}}, adamw{"adamw", {{"lr", 1e-5}, {"weight_decay", 0.0}}};
  const auto sam = [](const Spec& base) { return Spec{"sam", {{"base", base}}}; };
  const auto sgvb = [](const Spec& base) { return Spec{"sgvb", {{"base", base}}}; };
  const auto sgld = Spec{"sgld", {{"lr", 1e-8}}};
  const std::pair<Spec, Spec> pairs[] = {
      {sgd, sam(sgd)}, {sgvb(adamw), sgvb(sam(adamw))}, {sgld, sam(sgld)}};
  for (const auto& [plain, flat] : pairs) {
    Desk a, b;
    const auto by_plain = a.optimizer(plain), by_flat = b.optimizer(flat);
    std::vector<Contender> all{{"plain", [&] { a.step(*by_plain); }},
                               {"flat", [&] { b.step(*by_flat); }}};
    run_block(all, 1, 10);
    for (auto& who : all) who.rates.clear();
    for (int block = 0; block < 7; ++block) run_block(all, 2, 10);
    std::printf("%-5s flat step: %.3f plain ones (at most 2.05 wanted)\n", plain.use.c_str(),
                ratio(all[1], all[0]));
  }
}

void swag() {
  Desk desk;
  auto parts = desk.parts();
  const auto by = desk.optimizer({"sgd", {{"lr", 0.01}}});
  const auto swag = testing::plugins().make<Callback>({"swag", {{"start", 0.0}}});
  testing::Rows rows;
  swag->start({100 * kEpoch, kEpoch}, parts, {});
  double steps = 0, collections = 0;
  for (std::int64_t epoch = 0; epoch < 30; ++epoch) {
    for (std::int64_t k = 0; k < kEpoch; ++k) {
      steps += seconds_of([&] { desk.step(*by); });
      collections += seconds_of([&] { swag->after_step(epoch * kEpoch + k, parts, {}, rows); });
    }
  }
  std::printf("SWAG of rank 20: %.3f %% of an epoch (at most 2 %% wanted)\n",
              100 * collections / steps);
}

void averages() {
  Desk desk;
  auto parts = desk.parts();
  const auto before = std::make_shared<testing::EarlierStage>();
  Posterior posterior;
  for (const auto& [name, w] : trained_parameters(*desk.model)) {
    posterior.names.push_back(name);
    posterior.mean.push_back(w.detach().clone());
    posterior.variance.push_back(at::ones_like(w) * 1e-4);
    posterior.deviations.push_back(at::stack(Tensors(20, at::ones_like(w) * 1e-3)));
  }
  posterior.rank = 20;
  before->artifacts[kPosterior] = to_artifact(posterior);
  const auto predict = [&](const std::shared_ptr<Predictor>& predictor) {
    PredictionLoop loop(predictor, desk.data, Split::kTest, 256, {});
    for (std::int64_t unit = 0; unit < loop.units(); ++unit)
      loop.advance(unit, parts, {torch::kCPU, Rng(6)});
    loop.finish();
  };
  std::vector<Contender> all{
      {"one", [&] { predict(std::make_shared<OnePass>()); }},
      {"thirty", [&] {
         predict(std::static_pointer_cast<Predictor>(testing::plugins().make(
             "predictor",
             {"posterior", {{"stage", std::string("fit")}, {"refresh_batch_norm", false}}},
             {.info = &desk.data->info(), .inputs = before})));
       }}};
  for (int block = 0; block < 5; ++block) run_block(all, 0.01, 1);
  std::printf("30 draws: %.2f deterministic passes (at most 33 wanted)\n", ratio(all[1], all[0]));
}

void eigenvalue() {
  Desk desk;
  const auto by = desk.optimizer({"sgd", {{"lr", 0.02}, {"momentum", 0.9}}});
  for (int k = 0; k < 5 * kEpoch; ++k) desk.step(*by);
  auto parts = desk.parts();
  const auto find = [&](std::int64_t iterations, double tolerance) {
    const auto hessian = testing::plugins().make<Procedure>(
        {"hessian",
         {{"samples", std::int64_t{512}}, {"iterations", iterations}, {"tolerance", tolerance}}});
    testing::Rows rows;
    for (std::int64_t unit = 0; unit < iterations; ++unit)
      hessian->advance(unit, parts, {torch::kCPU, Rng(4)}, rows);
    return std::map<std::string, double>(rows.rows.begin(), rows.rows.end());
  };
  const double converged = find(80, 1e-6).at("hessian/eigenvalue/1");
  std::int64_t products = 2;
  while (std::abs(find(products, 0).at("hessian/eigenvalue/1") / converged - 1) > 0.01) ++products;
  desk.begin();
  Tensors v;
  for (const auto& w : desk.problem->parameters()) v.push_back(at::ones_like(w));
  std::vector<Contender> all{{"gradient", [&] { desk.problem->raw_gradient(); }},
                             {"product", [&] { desk.problem->hessian_times(v); }}};
  for (int block = 0; block < 7; ++block) run_block(all, 1, 5);
  const double cost = ratio(all[1], all[0]);
  std::printf(
      "largest eigenvalue %.2f to 1 %%: %d products of %.2f gradients each, %.1f in all "
      "(at most 40 wanted)\n",
      converged, static_cast<int>(products), cost, static_cast<double>(products) * cost);
}

}  // namespace

int main() {
  flat_steps();
  swag();
  averages();
  eigenvalue();
}
