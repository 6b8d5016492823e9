// The axis that sets several places at once.
#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

TEST_CASE("an arm sets several places under one name") {
  Desk desk;
  const auto all = desk.read(kBase +
                             "sweep:\n  arm:\n    once: {optimizer.lr: 0.2}\n"
                             "    twice: {optimizer.lr: 0.2, procedure.steps: 10}\n"
                             "    sam: {optimizer: {use: sam, rho: 0.5}}\n  seed: [0, 1]\n")
                       .trials;
  REQUIRE(all.size() == 6);
  CHECK(all[2].axes == std::map<std::string, std::string>{{"arm", "twice"}});
  const auto& twice = all[2].stages[0].components;
  CHECK(real(twice.at("optimizer"), "lr") == 0.2);
  CHECK(std::get<std::int64_t>(twice.at("procedure").params.at("steps")) == 10);
  CHECK(std::get<std::int64_t>(all[0].stages[0].components.at("procedure").params.at("steps")) ==
        5);
  CHECK(real(all[4].stages[0].components.at("optimizer"), "rho") == 0.5);
}

TEST_CASE("arms may differ in their stages") {
  Desk desk;
  const auto all =
      desk.read(
              "assay: 1\nname: t\ndataset: toy\nmodel: mlp\nobjective: ce\noptimizer: sgd\n"
              "sweep:\n  arm:\n    plain: {stages: {fit: {procedure: train}}}\n"
              "    looked_at: {stages: {fit: {procedure: train}, look: {after: fit, procedure: "
              "evaluate}}}\nreport: {compare: arm}\n")
          .trials;
  REQUIRE(all.size() == 2);
  CHECK(all[0].stages.size() == 1);
  CHECK(all[1].stages.size() == 2);
  CHECK(all[0].stages[0].id == all[1].stages[0].id);  // which is run once
}

TEST_CASE("what an arm may not be is said with its place") {
  Desk desk;
  const auto said = [&](const std::string& arms) {
    return desk.mistake(kBase + "sweep:\n  arm: " + arms + "\n");
  };
  CHECK_THAT(said("[a, b]"), Contains("m.yaml:9:8: `arm` is a list, expected a map of named arms"));
  CHECK_THAT(
      said("{a: {optimizer.lr: 0.2}, b: 3}"),
      Contains("m.yaml:9:36: the arm `b` is the number 3, expected a map of keys to values"));
  CHECK_THAT(
      said("{a: {optimiser.lr: 0.2}}"),
      Contains(
          "m.yaml:9:13: axis `arm.a`: `optimiser` is not a key that a sweep can vary; did you mean "
          "`optimizer`?"));
  CHECK_THAT(said("{a: {arm: 0.2}}"), Contains("`arm` is not a key that a sweep can vary"));
  CHECK_THAT(said("{a: {optimizer.lrr: 0.2}}"), Contains("did you mean `lr`?"));
}

TEST_CASE("a place is set by one axis, and not by the command line beside it") {
  Desk desk;
  const std::string text =
      kBase + "sweep:\n  arm: {a: {optimizer.lr: 0.2}, b: {procedure.steps: 3}}\n";
  CHECK_THAT(desk.mistake(text + "  optimizer.lr: [0.3, 0.4]\n"),
             Contains("`optimizer.lr` is set by the axis `arm` and by the axis `optimizer.lr`"));
  CHECK_THAT(desk.mistake(text, {"procedure.steps=7"}),
             Contains("`procedure.steps` is set by the arms, an axis of the sweep"));
  CHECK(desk.read(text, {"dataset.size=7"}).trials.size() == 2);
}
