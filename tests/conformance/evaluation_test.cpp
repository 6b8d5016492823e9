// Predictors that no plugin registers: one pass, and passes with other weights and draws.
#include <catch2/catch.hpp>

#include <ATen/ops/randn.h>

#include "assay/sdk/prediction.h"
#include "runner/conformance/trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Several passes, each with other weights and draws of its own.
class Shaken final : public Predictor {
 public:
  std::int64_t passes() const override { return 3; }
  bool changes_weights() const override { return true; }
  void begin_pass(std::int64_t, Parts& parts, const Context& context) override {
    const torch::NoGradGuard no_grad;
    for (auto& w : parts.model->parameters())
      w.add_(at::randn(w.sizes(), context.rng.generator(), w.options()), 0.1);
  }
  Predictions predict(Model& model, const Batch& batch, const Context& context) override {
    auto noisy = batch;
    noisy.input = batch.input + at::randn(batch.input.sizes(), context.rng.generator()) * 0.1;
    return OnePass().predict(model, noisy, context);
  }
};

constexpr std::int64_t kBatch = 8;

struct Told {
  Tensors predictions, weights;
};

// At unit `stop` the loop and the predictor are made anew from what was saved.
Told predictions_of(const std::function<std::shared_ptr<Predictor>()>& make,
                    const std::shared_ptr<Dataset>& data, const std::shared_ptr<Model>& model,
                    std::int64_t stop) {
  Parts parts;
  parts.model = model;
  parts.dataset = data;
  const auto all = testing::predict_resumed(make, parts, kBatch, stop);
  auto weights = copies(model->parameters());
  for (const auto& buffer : model->buffers()) weights.push_back(buffer.clone());
  Tensors found;
  for (const auto& one :
       {all.id, all.target, all.log_probability, all.label, all.value, all.abstained, all.members})
    if (one.defined()) found.push_back(one);
  if (all.log_probability.defined()) {
    const auto sums = all.log_probability.exp().sum(1);
    CHECK((sums - 1).abs().max().item<double>() < 1e-5);
  }
  CHECK((all.log_probability.defined() || all.value.defined()));
  CHECK(all.size() == std::ssize(data->ids(Split::kValidation)));
  return {found, weights};
}

void check_predictor(const std::function<std::shared_ptr<Predictor>()>& make,
                     const std::shared_ptr<Dataset>& data, const std::shared_ptr<Model>& model) {
  auto before = copies(model->parameters());
  for (const auto& buffer : model->buffers()) before.push_back(buffer.clone());
  const auto whole = predictions_of(make, data, model, -1);
  CHECK(same(before, whole.weights));
  CHECK(same(whole.predictions, predictions_of(make, data, model, -1).predictions));
  const auto units =
      PredictionLoop(make(), data, Split::kValidation, kBatch, {.members = true}).units();
  for (std::int64_t stop = 1; stop < units; ++stop) {
    const auto resumed = predictions_of(make, data, model, stop);
    CHECK(same(whole.predictions, resumed.predictions));
    CHECK(same(before, resumed.weights));
  }
}

}  // namespace

TEST_CASE("a predictor resumes bit for bit, repeats itself, and leaves the weights alone") {
  const auto tiny = std::make_shared<TinyData>();
  check_predictor([] { return std::make_shared<OnePass>(); }, tiny, std::make_shared<TinyModel>());
  check_predictor([] { return std::make_shared<Shaken>(); }, tiny, std::make_shared<TinyModel>());
}
