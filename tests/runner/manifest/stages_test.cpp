// Stages: their order, what they take over from each other, and whose work they share.
#include <set>

#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;

namespace {

const std::string kStages = kBase + R"(stages:
  test:
    after: fit
    procedure: evaluate
  fit:
    procedure: {use: train, steps: 9}
)";

Strings names(const Trial& trial) {
  Strings all;
  for (const auto& stage : trial.stages) all.push_back(stage.name);
  return all;
}

}  // namespace

TEST_CASE("stages run in an order in which they can, and take the weights of the one before") {
  Desk desk;
  const auto trial = desk.read(kStages).trials.at(0);
  CHECK(names(trial) == Strings{"fit", "test"});
  CHECK(trial.stages[1].after == std::map<std::string, std::string>{{"fit", trial.stages[0].id}});
  CHECK(trial.stages[1].weights.stage == "fit");
  CHECK(trial.stages[0].weights.empty());
  CHECK(trial.id == trial.stages[1].id);
}

TEST_CASE("weights are not taken where `none` is said") {
  Desk desk;
  CHECK(desk.read(kStages, {"stages.test.weights=none"}).trials.at(0).stages[1].weights.empty());
}

TEST_CASE("a stage overlays the top level, key by key within one component") {
  Desk desk;
  const auto trial = desk.read(kStages, {"stages.fit.optimizer={momentum: 0.5}",
                                         "stages.fit.seed=4", "stages.fit.device=cpu"})
                         .trials.at(0);
  CHECK(trial.stages[0].components.at("optimizer") ==
        Spec{"sgd", {{"lr", 0.1}, {"momentum", 0.5}}});
  CHECK(trial.stages[0].seed == 4);
  CHECK(trial.stages[0].device == "cpu");
  CHECK(trial.stages[1].seed == 0);
}

TEST_CASE("a subset comes from a stage before") {
  Desk desk;
  CHECK_THAT(
      desk.mistake(kStages, {"stages.test.subset=fit"}),
      Catch::Contains("`subset` reads the artifact `ids` of stage `fit`, which leaves none"));
  for (auto& info : desk.catalog.components)
    if (info.name == "train") info.artifacts = {"ids"};
  const auto trial = desk.read(kStages, {"stages.test.subset=fit"}).trials.at(0);
  CHECK(trial.stages[1].subset == "fit");
  CHECK(trial.stages[1].id != desk.read(kStages).trials.at(0).stages[1].id);
}

TEST_CASE("trials that differ in a later stage share the earlier one") {
  Desk desk;
  const auto all = desk.read(kStages + "sweep:\n  stages.test.seed: [1, 2]\n").trials;
  REQUIRE(all.size() == 2);
  CHECK(all[0].stages[0].id == all[1].stages[0].id);
  CHECK(all[0].stages[1].id != all[1].stages[1].id);
}

TEST_CASE("a trial with two last stages has an id of both") {
  Desk desk;
  const auto trial =
      desk.read(kStages + "  again:\n    after: [fit]\n    procedure: evaluate\n    seed: 1\n")
          .trials.at(0);
  CHECK(trial.stages.size() == 3);
  CHECK(trial.id != trial.stages[1].id);
  CHECK(trial.id != trial.stages[2].id);
}

TEST_CASE("a stage changes a part of a nested component, and keeps the rest") {
  Desk desk;
  const auto trial = desk.read(
                             "assay: 1\nname: t\ndataset: toy\nmodel: mlp\nobjective: ce\n"
                             "optimizer: {use: sam, base: {use: adamw, lr: 0.5}}\n"
                             "stages:\n  fit: {procedure: train, optimizer: {base: {eps: 1e-3}}}\n")
                         .trials.at(0);
  CHECK(std::get<Spec>(trial.stages[0].components.at("optimizer").params.at("base")) ==
        Spec{"adamw", {{"lr", 0.5}, {"eps", 1e-3}}});
}

TEST_CASE("a stage may have a seed of its own, and trials are paired by the manifest's") {
  Desk desk;
  const auto sweep = std::string("sweep: {seed: [0, 1]}\n");
  const auto trials = desk.read(kStages + sweep, {"+stages.test.seed=7"}).trials;
  REQUIRE(trials.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(trials[k].seed == static_cast<std::int64_t>(k));
    CHECK(trials[k].stages[0].seed == trials[k].seed);
    CHECK(trials[k].stages[1].seed == 7);
  }
  CHECK_THAT(desk.mistake(kStages + sweep, {"+stages.test.seed=7", "+stages.fit.seed=8"}),
             Catch::Contains("`seed=0` and `seed=1` of the sweep give the same trial"));
}

TEST_CASE("a stage may derive its seed from the trial's") {
  Desk desk;
  const auto seeds = [&](const std::string& k, const std::string& seed) {
    const auto trial =
        desk.read(kStages, {"+stages.fit.seed={of: member, k: " + k + "}", "+seed=" + seed})
            .trials.at(0);
    CHECK(trial.stages[1].seed == std::stoll(seed));
    return trial.stages[0].seed;
  };
  CHECK(seeds("0", "0") == seeds("0", "0"));
  CHECK(std::set{seeds("0", "0"), seeds("1", "0"), seeds("0", "1"), seeds("1", "1")}.size() == 4);
  CHECK_THAT(desk.mistake(kStages, {"+seed={of: member, k: 0}"}),
             Catch::Contains("derives the seed of a stage from that of the trial"));
  CHECK_THAT(desk.mistake(kStages, {"+stages.fit.seed={k: 0}"}),
             Catch::Contains("{of: NAME, k: 0}"));
}

TEST_CASE("a metric of the report may name its stage, which must be there") {
  Desk desk;
  const std::string text = kBase + "stages:\n  a: {}\n  b: {after: a}\nreport: {metric: ";
  CHECK(desk.mistake(text + "\"b:train/loss\"}\n").empty());
  CHECK_THAT(desk.mistake(text + "\"c:train/loss\"}\n"), Catch::Contains("there is no stage `c`"));
}
