// assay-bench-contrastive: NT-Xent at 2 N = 1,024 and d = 128, two views of Fashion-MNIST, and how
// long a SimCLR step waits for them. tests/benchmark/contrastive.py asks PyTorch and torchvision
// for the same in one run with it.
#include <cstdio>
#include <cstring>

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

#include "assay/sdk/training.h"
#include "core/runtime/runtime.h"
#include "runner/conformance/tiny.h"
#include "tests/plugins/contrastive/stub.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::plugins;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of one call, the least of `repeats`.
template <class Work>
double time_of(int repeats, const Work& work) {
  double least = 1e9;
  for (int k = 0; k < repeats; ++k) {
    const double start = now();
    work();
    least = std::min(least, now() - start);
  }
  return least;
}

void time_loss() {
  const auto generator = Rng(1).generator();
  const Info info{{128}, 10};
  const auto objective = plugins().make<Objective>({"nt_xent", {}}, &info);
  testing::Same model;
  const auto a = at::randn({512, 128}, generator, torch::kFloat).requires_grad_(),
             b = at::randn({512, 128}, generator, torch::kFloat).requires_grad_();
  const auto seconds = time_of(60, [&] {
    a.mutable_grad().reset();
    b.mutable_grad().reset();
    objective->evaluate(model, {.input = a, .extra = {{"view", b}}}, {})[0].value.backward();
  });
  std::printf("nt_xent %.9f\n", seconds);
}

const Values kJitter{{"probability", 0.8}, {"brightness", 0.4}, {"contrast", 0.4}};
const Specs kViews{{"resized_crop", {{"smallest", 0.2}}},
                   {"flip", {}},
                   {"color_jitter", kJitter},
                   {"blur", {{"size", std::int64_t{3}}}}};

Batch first_images(const Dataset& data, std::size_t count) {
  auto batch = data.load(data.ids(Split::kTrain).first(count), {});
  batch.occurrence = torch::zeros({batch.size()}, torch::kInt64);
  return batch;
}

void time_views(const Dataset& data) {
  const auto views = plugins().make<Transform>({"views", {{"first", kViews}}}, &data.info());
  const auto batch = first_images(data, 256);
  std::uint64_t turn = 0;
  const auto seconds =
      time_of(20, [&] { views->apply(batch, views->draw(batch, Rng(1).fork(turn++))); });
  std::printf("views %.9f\n", seconds / 256);
}

// The share of a SimCLR step of the small network that it waits for its batch.
void time_waiting(const std::shared_ptr<Dataset>& data) {
  seed_default_generators(Rng(1), torch::kCPU);
  const auto model = plugins().make<Model>(
      {"projected", {{"encoder", Spec{"conv_encoder", {{"width", std::int64_t{32}}}}}}},
      &data->info());
  const auto objective = plugins().make<Objective>({"nt_xent", {}}, &data->info());
  const auto optimizer = plugins().make<Optimizer>({"adamw", {}}, &data->info());
  BatchProblem problem(*model, *objective, {});
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto views = plugins().make<Transform>({"views", {{"first", kViews}}}, &data->info());
  Loader loader(data, Batches(data->ids(Split::kTrain), 256, Rng(1)), context,
                {.ahead = 4, .threads = 2, .transforms = {views}});
  double waited = 0, whole = 0;
  for (std::int64_t k = 0; k < 40; ++k) {
    const double start = now();
    auto batch = loader.at(k);
    const double loaded = now();
    problem.begin({std::move(batch)}, context.at_step(k), 1);
    problem.step(*optimizer);
    if (k < 5) continue;  // until batches are there
    waited += loaded - start;
    whole += now() - start;
  }
  std::printf("waiting %.9f\n", waited / whole);
}

}  // namespace

int main() {
  configure(1, true);
  const auto data = plugins().make<Dataset>(
      {"fashion_mnist", {{"train_limit", std::int64_t{10000}}, {"validation", std::int64_t{0}}}});
  time_loss();
  time_views(*data);
  time_waiting(data);
}
