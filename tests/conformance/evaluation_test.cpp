// What transforms, callbacks, metrics and predictors owe, asked of every one that is registered.
#include <cmath>

#include <catch2/catch.hpp>

#include <ATen/ops/arange.h>

#include "assay/sdk/prediction.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

template <class I>
std::shared_ptr<I> built(const Entry& entry, const Dataset& data) {
  return plugins().make<I>({entry.name, required_values(entry)}, &data.info());
}

Batch first_samples(const Dataset& data) {
  return data.load(data.ids(Split::kTrain).first(12), {});
}

}  // namespace

TEST_CASE("a sample's draws depend on its id and its occurrence alone") {
  for (const auto* entry : of_kind("transform")) {
    INFO(entry->name);
    const auto data = data_for(*entry);
    auto whole = first_samples(*data);
    whole.occurrence = at::arange(12, torch::kInt64) % 3;
    const auto transform = built<Transform>(*entry, *data);
    const auto draws = transform->draw(whole, Rng(4));
    REQUIRE(draws.size(0) == 12);
    CHECK(draws.device().is_cpu());
    const auto rows = torch::tensor({7, 2, 9}, torch::kInt64);
    CHECK(transform->draw(whole.select(rows), Rng(4)).equal(draws.index_select(0, rows)));
    CHECK_FALSE(transform->draw(whole, Rng(5)).equal(draws));
    auto later = whole;
    later.occurrence = whole.occurrence + 3;
    const auto others = transform->draw(later, Rng(4));
    for (std::int64_t b = 0; b < 12; ++b) CHECK_FALSE(others[b].equal(draws[b]));
  }
}

TEST_CASE(
    "a transformed batch depends on its samples' draws alone, and the batch stays as it was") {
  for (const auto* entry : of_kind("transform")) {
    INFO(entry->name);
    const auto data = data_for(*entry);
    const auto whole = first_samples(*data);
    const auto before = whole.input.clone();
    const auto transform = built<Transform>(*entry, *data);
    const auto draws = transform->draw(whole, Rng(4));
    const auto changed = transform->apply(whole, draws);
    CHECK(whole.input.equal(before));
    CHECK_FALSE(changed.input.equal(before));
    CHECK(changed.input.sizes() == before.sizes());
    CHECK(changed.target.equal(whole.target));
    const auto rows = torch::tensor({7, 2, 9}, torch::kInt64);
    const auto some = transform->apply(whole.select(rows), draws.index_select(0, rows));
    CHECK(some.input.equal(changed.input.index_select(0, rows)));
  }
}

TEST_CASE("every callback resumes bit for bit, and leaves the course of the training alone") {
  const auto trained = [](const Specs& callbacks, std::int64_t stop) {
    return carry_out({{"train",
                       {{"steps", std::int64_t{12}},
                        {"batch", std::int64_t{16}},
                        {"evaluate_steps", std::int64_t{3}},
                        {"log_every", std::int64_t{1}},
                        {"callbacks", callbacks}}}},
                     stop, 1);
  };
  const auto losses = [](const Run& run) {
    std::vector<double> values;
    for (const auto& [name, value] : run.rows)
      if (name == "train/loss") values.push_back(value);
    return values;
  };
  const auto plain = trained({}, -1);
  for (const auto* entry : of_kind("callback")) {
    INFO(entry->name);
    const Specs callbacks{{entry->name, required_values(*entry)}};
    const auto whole = trained(callbacks, -1);
    CHECK(losses(whole) == losses(plain));
    for (const std::int64_t stop : {1, 7, 10}) {
      const auto resumed = trained(callbacks, stop);
      CHECK(whole.rows == resumed.rows);
      CHECK(same(whole.weights, resumed.weights));
      CHECK(same(whole.artifacts, resumed.artifacts));
    }
  }
}

TEST_CASE("every metric gives only rows that it declares, finite, and the same twice") {
  for (const auto* entry : of_kind("metric")) {
    INFO(entry->name);
    const auto data = data_for(*entry);
    Parts parts;
    parts.model = model_for(*entry, *data);
    parts.dataset = data;
    const auto metric = built<Metric>(*entry, *data);
    auto predictions =
        predict(parts, Split::kValidation, 8, metric->keeps(), {torch::kCPU, Rng(1), nullptr});
    predictions.abstained = at::arange(predictions.size()) < 2;
    const PredictionSets sets{{"validation", predictions}};
    Measured first, second, none;
    metric->measure(sets, first);
    metric->measure(sets, second);
    CHECK_FALSE(first.rows().empty());
    CHECK(first.rows() == second.rows());
    for (const auto& [name, value] : first.rows()) {
      INFO(name);
      CHECK(std::isfinite(value));
      REQUIRE(name.starts_with("validation/"));
      const auto row = name.substr(std::string("validation/").size());
      CHECK(std::any_of(entry->rows.begin(), entry->rows.end(),
                        [&](const auto& declared) { return covers_row(declared, row); }));
    }
    metric->measure({}, none);
    CHECK(none.rows().empty());
  }
}

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
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto loop_of = [&] {
    return std::make_unique<PredictionLoop>(make(), data, Split::kValidation, kBatch,
                                            Keeps{.members = true});
  };
  auto loop = loop_of();
  for (std::int64_t unit = 0; unit < loop->units(); ++unit) {
    if (unit == stop) {
      State state;
      loop->save(state);
      for (auto& [name, tensor] : state.tensors) tensor = tensor.clone();
      loop = loop_of();
      loop->load(state);
    }
    loop->advance(unit, parts, context);
  }
  const auto all = loop->finish();
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

TEST_CASE("every predictor resumes bit for bit, repeats itself, and leaves the weights alone") {
  const auto tiny = std::make_shared<TinyData>();
  check_predictor([] { return std::make_shared<OnePass>(); }, tiny, std::make_shared<TinyModel>());
  check_predictor([] { return std::make_shared<Shaken>(); }, tiny, std::make_shared<TinyModel>());
  for (const auto* entry : of_kind("predictor")) {
    INFO(entry->name);
    const auto data = data_for(*entry);
    check_predictor([&] { return built<Predictor>(*entry, *data); }, data,
                    model_for(*entry, *data));
  }
}
