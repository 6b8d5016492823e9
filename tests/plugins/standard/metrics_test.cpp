// Metrics against counts by hand, and the loop over predictions that they share.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <set>

#include "assay/sdk/prediction.h"
#include "tests/support/plugin_host.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Samples 0..9: targets 0 0 0 0 0 0 1 1 1 2.
class Ten final : public Dataset {
 public:
  Ten() {
    info_.input_shape = {1};
    info_.classes = 4;  // the last one never occurs
    for (std::int64_t k = 0; k < 10; ++k) ids_.push_back(k);
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    if (split == Split::kTest) return ids_;
    return {};
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    const auto all = torch::tensor({0, 0, 0, 0, 0, 0, 1, 1, 1, 2}, torch::kInt64);
    return {id.to(torch::kFloat).unsqueeze(1), all.index_select(0, id), id, at::zeros_like(id)};
  }

 private:
  Info info_;
  std::vector<std::int64_t> ids_;
};

// Answers by sample: 0 0 0 0 1 (0) 1 1 (2) 0, those in brackets refused.
class Answers final : public Model {
 public:
  explicit Answers(bool refuses) : refuses_(refuses) {}
  Output forward(const Batch& batch) override {
    const auto id = batch.input.squeeze(1).to(torch::kInt64);
    const auto answer =
        torch::tensor({0, 0, 0, 0, 1, 0, 1, 1, 2, 0}, torch::kInt64).index_select(0, id);
    auto logits = at::zeros({id.size(0), 4}).scatter_(1, answer.unsqueeze(1), 1.0);
    if (!refuses_) return {logits, {}};
    return {logits, {}, id.eq(5).logical_or(id.eq(8))};
  }

 private:
  bool refuses_;
};

Metrics make_metrics(const Strings& uses, const Info& info) {
  Metrics all;
  for (const auto& use : uses) all.push_back(plugins().make<Metric>({use, {}}, &info));
  return all;
}

std::map<std::string, double> rows_of(bool refuses, std::int64_t batch) {
  Parts parts;
  parts.model = std::make_shared<Answers>(refuses);
  parts.dataset = std::make_shared<Ten>();
  const auto& info = parts.dataset->info();
  const auto found = predict(parts, Split::kTest, batch, {}, Context{});
  const auto measured = measure(make_metrics({"standard", "classes"}, info), {{"test", found}});
  return {measured.rows().begin(), measured.rows().end()};
}

// The weights of a pass are the model's times its number.
class Scaled final : public Predictor {
 public:
  std::int64_t passes() const override { return 3; }
  bool changes_weights() const override { return true; }
  void begin_pass(std::int64_t pass, Parts& parts, const Context& context) override {
    streams.push_back(context.rng.seed());
    const torch::NoGradGuard no_grad;
    for (const auto& w : parts.model->parameters()) w.mul_(static_cast<double>(pass + 1));
  }
  Predictions predict(Model& model, const Batch& batch, const Context&) override {
    const torch::NoGradGuard no_grad;
    const auto logits = model.forward(batch).logits;
    return {.log_probability = logits.log_softmax(1), .features = logits};
  }
  std::vector<std::uint64_t> streams;
};

}  // namespace

TEST_CASE("balanced accuracy and macro F1 are means over the classes that occur") {
  const auto rows = rows_of(false, 4);
  CHECK(rows.at("test/accuracy") == Approx(0.7));
  CHECK(rows.at("test/accuracy/class/0") == Approx(5.0 / 6));
  CHECK(rows.at("test/balanced_accuracy") == Approx((5.0 / 6 + 2.0 / 3 + 0) / 3));
  // F1: class 0 has 5 right of 6, answered 6 times; class 1: 2 of 3, 3 times; class 2: 0 of 1,
  // once.
  CHECK(rows.at("test/macro_f1") == Approx((10.0 / 12 + 4.0 / 6 + 0) / 3));
  CHECK_FALSE(rows.contains("test/accuracy/class/3"));
  CHECK_FALSE(rows.contains("test/coverage"));
}

TEST_CASE("a refused sample is no right one, and stands in the coverage") {
  for (const std::int64_t batch : {3, 10}) {
    const auto rows = rows_of(true, batch);
    CHECK(rows.at("test/accuracy") == Approx(0.6));
    CHECK(rows.at("test/coverage") == Approx(0.8));
    CHECK(rows.at("test/selective_accuracy") == Approx(6.0 / 8));
    CHECK(rows.at("test/accuracy/class/0") == Approx(4.0 / 6));
    CHECK(rows.at("test/balanced_accuracy") == Approx((4.0 / 6 + 2.0 / 3) / 3));
  }
}

TEST_CASE("accuracy, groups and losses are what a hand counts") {
  Parts parts;
  const auto model = std::make_shared<TinyModel>(0);
  const auto data = std::make_shared<TinyData>();
  parts.model = model;
  parts.dataset = data;
  model->train();
  const auto found = predict(parts, Split::kTest, 7, {}, Context{});
  CHECK(model->is_training());
  const auto batch = data->load(data->ids(Split::kTest), {});
  model->eval();
  const torch::NoGradGuard no_grad;
  const auto logits = model->forward(batch).logits;
  CHECK(found.id.equal(batch.id));
  CHECK(found.label.equal(logits.argmax(1)));
  const auto measured = measure(make_metrics({"standard"}, data->info()), {{"test", found}});
  const auto right = (logits.argmax(1) == batch.target).to(torch::kDouble);
  CHECK(measured.find("test", "accuracy") == Approx(right.mean().item<double>()));
  CHECK(measured.find("test", "nll") ==
        Approx(at::cross_entropy_loss(logits, batch.target).item<double>()).epsilon(1e-6));
  for (const std::int64_t g : {0, 1})
    CHECK(measured.find("test",
                        "accuracy/group/" + data->info().groups[static_cast<std::size_t>(g)]) ==
          Approx(right.masked_select(batch.group == g).mean().item<double>()));
}

TEST_CASE("the average over groups goes by their shares of the training split") {
  // Of 10 and 10 samples, 9 and 6 are right.
  Predictions p;
  p.id = at::arange(20, torch::kInt64);
  p.target = at::zeros({20}, torch::kInt64);
  p.group = (p.id >= 10).to(torch::kInt64);
  p.label = (p.id == 9).logical_or(p.id >= 16).to(torch::kInt64);
  p.log_probability = at::zeros({20, 2});
  Info info;
  info.classes = 2;
  info.groups = {"many", "few", "none"};
  info.group_sizes = {900, 100, 0};
  p.info = info;
  const auto metrics = make_metrics({"groups"}, info);
  const auto found = measure(metrics, {{"test", p}});
  CHECK(found.find("test", "accuracy/group/few") == 0.6);
  CHECK_FALSE(found.find("test", "accuracy/group/none"));
  CHECK(found.find("test", "average") == Approx(0.87));
  CHECK(found.find("test", "worst_group") == 0.6);
  CHECK(found.find("test", "gap") == Approx(0.27));
  // A selection that repeats the few leaves the average what it was: trials must compare.
  p.info.whole_group_sizes = std::exchange(p.info.group_sizes, {900, 5000, 0});
  CHECK(measure(metrics, {{"test", p}}).rows() == found.rows());
}

TEST_CASE("probabilities are averaged over passes, and members are those of each") {
  Parts parts;
  parts.model = std::make_shared<TinyModel>(0);
  parts.dataset = std::make_shared<TinyData>();
  const auto predictor = std::make_shared<Scaled>();
  PredictionLoop loop(predictor, parts.dataset, Split::kTest, 6, {.members = true});
  REQUIRE(loop.units() == 3 * 4);
  const auto start = copies(parts.model->parameters());
  for (std::int64_t unit = 0; unit < 12; ++unit) loop.advance(unit, parts, Context{});
  const auto found = loop.finish();
  CHECK(std::set<std::uint64_t>(predictor->streams.begin(), predictor->streams.end()).size() == 3);
  CHECK(same(start, copies(parts.model->parameters())));
  parts.model->eval();
  const auto batch = parts.dataset->load(parts.dataset->ids(Split::kTest), {});
  const auto logits = parts.model->forward(batch).logits.detach();
  auto mean = at::zeros_like(logits);
  for (int pass = 0; pass < 3; ++pass) {
    const auto p = (logits * (pass + 1)).softmax(1);
    mean += p / 3;
    CHECK(at::allclose(found.members[pass].exp(), p, 1e-5, 1e-6));
  }
  CHECK(at::allclose(found.log_probability.exp(), mean, 1e-5, 1e-6));
  CHECK(found.label.equal(mean.argmax(1)));
  CHECK_FALSE(found.features.defined());
}

TEST_CASE("a loop over passes resumes from what it saved, to the bit") {
  Parts parts;
  parts.model = std::make_shared<TinyModel>(0);
  parts.dataset = std::make_shared<TinyData>();
  const auto make = [&] {
    return PredictionLoop(std::make_shared<Scaled>(), parts.dataset, Split::kTest, 6,
                          {.members = true, .features = true});
  };
  auto whole = make();
  for (std::int64_t unit = 0; unit < 12; ++unit) whole.advance(unit, parts, Context{});
  for (const std::int64_t stop : {0, 1, 4, 6, 11}) {
    auto first = make(), second = make();
    for (std::int64_t unit = 0; unit < stop; ++unit) first.advance(unit, parts, Context{});
    State state;  // the model is saved as it is, in the middle of a pass
    first.save(state);
    second.load(state);
    for (auto unit = stop; unit < 12; ++unit) second.advance(unit, parts, Context{});
    const auto a = whole.finish(), b = second.finish();
    CHECK(a.log_probability.equal(b.log_probability));
    CHECK(a.members.equal(b.members));
    CHECK(a.features.equal(b.features));
    CHECK(a.id.equal(b.id));
  }
}

TEST_CASE("a model without logits is measured by the terms of the objective") {
  class Silent final : public Model {
   public:
    Silent() { weight = register_parameter("weight", at::ones({64})); }
    Output forward(const Batch& batch) override {
      return {{}, batch.input.flatten(1).matmul(weight).unsqueeze(1)};
    }
    torch::Tensor weight;
  };
  class Sizes final : public Objective {
   public:
    const std::vector<std::string>& terms() const override { return names_; }
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
      const auto x = model.forward(batch).features;
      return {{x.square().mean()}, {x.mean(), 0.5}};
    }

   private:
    std::vector<std::string> names_{"square", "mean"};
  };
  Parts parts;
  parts.model = std::make_shared<Silent>();
  parts.dataset = std::make_shared<TinyData>();
  CHECK_THROWS_WITH(predict(parts, Split::kTest, 7, {}, Context{}),
                    Catch::Contains("add `objective:` to the manifest"));
  parts.objective = std::make_shared<Sizes>();
  const auto& info = parts.dataset->info();
  const auto found = predict(parts, Split::kTest, 7, {}, Context{});
  const auto measured = measure(make_metrics({"standard"}, info), {{"test", found}});
  const auto batch = parts.dataset->load(parts.dataset->ids(Split::kTest), {});
  const auto x = batch.input.flatten(1).sum(1).to(torch::kDouble);
  const double square = x.square().mean().item<double>(), mean = x.mean().item<double>();
  CHECK(measured.find("test", "term/square") == Approx(square).epsilon(1e-5));
  CHECK(measured.find("test", "loss") == Approx(square + mean / 2).epsilon(1e-5));
  CHECK_THROWS_WITH(measure(make_metrics({"accuracy"}, info), {{"test", found}}),
                    Catch::Contains("needs probabilities, which the model does not give"));
}

TEST_CASE("metrics refuse another kind of target, and rows that two of them give") {
  const TinyTable real(true);
  const TinyData data;
  CHECK_THROWS_WITH(make_metrics({"nll"}, real.info()), Catch::Contains("use `mse`"));
  CHECK_THROWS_WITH(make_metrics({"mse"}, data.info()), Catch::Contains("use `accuracy`"));
  CHECK_THROWS_WITH(check_metrics(make_metrics({"standard", "nll"}, data.info())),
                    Catch::Contains("two of the `metrics` give the row `nll`"));
  CHECK_NOTHROW(check_metrics(make_metrics({"standard", "classes"}, data.info())));
}

TEST_CASE("every row that a metric gives is one that it declares") {
  for (const bool refuses : {false, true})
    for (const auto& [name, value] : rows_of(refuses, 4)) {
      const Ten data;
      const auto metrics = make_metrics({"standard", "classes"}, data.info());
      INFO(name);
      CHECK(find_row(metrics, name.substr(5)));
    }
}

TEST_CASE("predictions that are NaN are told, but for abstentions") {
  Predictions found;
  found.id = torch::tensor({4, 9, 12}, torch::kInt64);
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  found.log_probability = torch::tensor({{-1.0, -2.0}, {nan, nan}, {0.0, -inf}}, torch::kDouble);
  CHECK_THROWS_WITH(check_not_nan(found, "test"),
                    Catch::Contains("NaN for 1 of 3 samples of `test`, first for id 9"));
  found.abstained = torch::tensor({false, true, false});
  CHECK_NOTHROW(check_not_nan(found, "test"));
  CHECK_NOTHROW(check_not_nan({}, "test"));
}
