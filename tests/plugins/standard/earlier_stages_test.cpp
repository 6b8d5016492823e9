// What reads earlier stages: features as a dataset, an ensemble of members, a teacher.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>

#include "assay/sdk/prediction.h"
#include "assay/sdk/weights.h"
#include "runner/conformance/earlier_stage.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

const Context kContext{torch::kCPU, Rng(1), nullptr};

std::shared_ptr<TinyModel> model_with(double shift) {
  auto model = std::make_shared<TinyModel>();
  const torch::NoGradGuard no_grad;
  model->weight_.add_(shift);
  return model;
}

// One weight matrix a stage.
class Members final : public Inputs {
 public:
  explicit Members(Info info) : info_(std::move(info)) {}
  TensorMap artifact(std::string_view, std::string_view) const override { return {}; }
  TensorMap weights(std::string_view) const override { return {}; }
  EarlierModel model(std::string_view stage) const override {
    auto model = model_with(stage == "first" ? 0.5 : -0.25);
    model->eval();
    return {std::move(model), info_};
  }
  std::vector<std::string> stages() const override { return {"first", "second"}; }
  std::vector<std::string> stages_with_artifact(std::string_view) const override { return {}; }

 private:
  Info info_;
};

torch::Tensor probabilities(Model& model, const Batch& batch) {
  const torch::NoGradGuard no_grad;
  model.eval();
  return model.forward(batch).logits.softmax(1);
}

}  // namespace

TEST_CASE("embedded samples are the features, targets, groups and ids of the samples") {
  const auto data = std::make_shared<TinyData>();
  const auto model = std::make_shared<TinyModel>();
  Parts parts;
  parts.model = model;
  parts.dataset = data;
  Rows results;
  const auto embed = plugins().make<Procedure>({"embed", {{"batch", std::int64_t{7}}}});
  for (std::int64_t unit = 0, units = embed->units(parts); unit < units; ++unit)
    embed->advance(unit, parts, kContext, results);
  auto stage = std::make_shared<EarlierStage>();
  stage->artifacts = results.artifacts;
  const auto embedded = std::static_pointer_cast<Dataset>(
      plugins().make("dataset", {"embedded", {{"from", "before"}}}, {.inputs = stage}));

  CHECK(embedded->info().classes == 3);
  CHECK((embedded->info().groups == Strings{"left", "right"}));
  CHECK((embedded->info().group_sizes == data->info().group_sizes));
  CHECK((embedded->info().input_shape == std::vector<std::int64_t>{64}));
  const torch::NoGradGuard no_grad;
  model->eval();
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto ids = embedded->ids(split);
    const auto there = data->ids(split);
    REQUIRE(std::equal(ids.begin(), ids.end(), there.begin(), there.end()));
    const auto ours = embedded->load(ids, kContext), theirs = data->load(there, kContext);
    CHECK(at::allclose(ours.input, model->forward(theirs).features, 1e-5, 1e-6));
    CHECK(at::equal(ours.target, theirs.target));
    CHECK(at::equal(ours.group, theirs.group));
    CHECK(at::equal(ours.id, theirs.id));
    CHECK(at::equal(embedded->targets(split), theirs.target));
  }
  CHECK_THROWS_WITH(embedded->load(std::vector<std::int64_t>{1000}, kContext),
                    Contains("no sample 1000"));
}

TEST_CASE("an ensemble's probabilities are the mean of its members', and the weights come back") {
  const auto data = std::make_shared<TinyData>();
  const auto model = std::make_shared<TinyModel>();
  const auto own = model->weight_.detach().clone();
  Parts parts;
  parts.model = model;
  parts.dataset = data;
  const auto& info = data->info();
  const auto make = [&](const Strings& members, const Info& earlier) {
    return std::static_pointer_cast<Predictor>(
        plugins().make("predictor", {"ensemble", {{"members", members}}},
                       {.info = &info, .inputs = std::make_shared<Members>(earlier)}));
  };
  const auto ensemble = make({"first", "second"}, info);
  PredictionLoop loop(ensemble, data, Split::kTest, 8, {.members = true});
  for (std::int64_t unit = 0; unit < loop.units(); ++unit) loop.advance(unit, parts, kContext);
  const auto found = loop.finish();
  const auto batch = data->load(data->ids(Split::kTest), kContext);
  const auto mean =
      (probabilities(*model_with(0.5), batch) + probabilities(*model_with(-0.25), batch)) / 2;
  CHECK(at::allclose(found.log_probability.exp(), mean, 1e-5, 1e-6));
  CHECK(found.members.size(0) == 2);
  CHECK(at::equal(model->weight_.detach(), own));
  CHECK_THROWS_WITH(make({"a", "a"}, info), Contains("has the stage `a` twice"));
  auto other = info;
  other.classes = 5;
  CHECK_THROWS_WITH(make({"a", "b"}, other),
                    Contains("answers for 5 classes") && Contains("this stage have 3 classes"));
}

TEST_CASE("a model that answers for other classes is refused") {
  const Info ab{.classes = 2, .class_names = {"a", "b"}},
      ba{.classes = 2, .class_names = {"b", "a"}}, two{.classes = 2}, real{.targets = 2};
  check_same_outputs(ab, ab, "before");
  check_same_outputs(ab, two, "before");
  check_same_outputs(real, real, "before");
  CHECK_THROWS_WITH(check_same_outputs(ab, ba, "before"),
                    "the model of stage `before` answers for 2 classes, a, b, and the data of this "
                    "stage have 2 classes, b, a (other names, or another order): use data with the "
                    "same");
  CHECK_THROWS_WITH(check_same_outputs(real, two, "before"),
                    Contains("answers for 2 real targets"));
}

TEST_CASE("distillation is the stated sum, and the teacher does not learn") {
  const TinyData data;
  const Info& info = data.info();
  const auto teacher = plugins().make<Model>({"mlp", {}}, &info);
  const auto student = plugins().make<Model>({"mlp", {}}, &info);
  const Surroundings around{.info = &info, .inputs = stage_of(teacher, info)};
  const auto objective = std::static_pointer_cast<Objective>(plugins().make(
      "objective", {"distillation", {{"teacher", "before"}, {"temperature", 3.0}, {"alpha", 0.7}}},
      around));
  const auto batch = data.load(data.ids(Split::kTrain).first(12), kContext);
  const auto prepared = objective->prepare(*student, batch, kContext);
  const auto terms = objective->evaluate(*student, prepared, kContext);
  REQUIRE(terms.size() == 2);
  const auto z = student->forward(batch).logits.detach().to(torch::kDouble),
             v = teacher->forward(batch).logits.detach().to(torch::kDouble);
  const auto p = (v / 3).softmax(1);
  const auto kl = (p * (p.log() - (z / 3).log_softmax(1))).sum(1).mean().item<double>() * 9;
  const auto labels = -z.log_softmax(1).gather(1, batch.target.unsqueeze(1)).mean().item<double>();
  CHECK(terms[0].value.item<double>() == Approx(labels));
  CHECK(terms[0].weight == Approx(0.3));
  CHECK(terms[1].value.item<double>() == Approx(kl));
  CHECK(terms[1].weight == Approx(0.7));
  CHECK(terms[1].per_sample.mean().item<double>() == Approx(kl));
  CHECK_FALSE(prepared.extra.at("teacher").requires_grad());
  CHECK_THROWS_WITH(
      plugins().make("objective", {"distillation", {{"teacher", "a"}}}, {.info = &info}),
      Contains("there is no earlier stage"));
}
