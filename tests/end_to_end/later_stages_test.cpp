// What a later stage cannot do is told at its place before an earlier one is trained.
#include <catch2/catch.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// 120 samples of fruit, of which 24 are for the test.
std::string head() {
  return "assay: 1\nname: l\nseed: 1\n"
         "dataset: {use: csv_table, path: " +
         std::string(std::getenv("ASSAY_SOURCE")) +
         "/experiments/smoke/fruit.csv, validation: 0.2, test: 0.2}\n"
         "model: {use: mlp, hidden: [8]}\nobjective: cross_entropy\n"
         "optimizer: {use: sgd, lr: 0.1}\nstages:\n"
         "  first: {procedure: {use: train, steps: 40, batch: 8, callbacks: [{use: swag, start: 0, "
         "every: 1, rank: 2}]}}\n  second: {after: first, ";
}

}  // namespace

TEST_CASE("what a later stage cannot do is told before anything is trained") {
  struct Case {
    std::string second, place, sentence;
  };
  const Case cases[] = {
      {"procedure: {use: train, epochs: 3, callbacks: [ema, {use: swag, start: 0.5, rank: 4}]}",
       "10:78", "`swag` collects 1 set(s) of weights"},
      {"procedure: {use: train, epochs: 3, callbacks: [{use: swa, every: 9}]}", "10:73",
       "`swa` collects 0 set(s) of weights"},
      {"procedure: {use: train, epochs: 30, callbacks: [{use: collect_samples, most: 9}]}", "10:74",
       "`collect_samples` would keep 15 sets of weights, and `most` is 9"},
      {"dataset: {validation: 0}, procedure: {use: train, epochs: 3, callbacks: [best_weights]}",
       "10:99", "`best_weights` needs a validation split"},
      {"procedure: {use: train, epochs: 3, layers: 3}", "10:37",
       "`layers` is 3, but the model has only 2"},
      {"optimizer: {use: sgvb, base: {use: gsam}}, procedure: {use: train, epochs: 3}", "10:37",
       "optimizer `gsam` perturbs all parameters"},
      {"procedure: {use: train, epochs: 3, metrics: [{use: calibration, bins: [25]}]}", "10:96",
       "the set `validation` has 24 samples, too few for 25 `bins`"},
      {"procedure: {use: evaluate, metrics: [accuracy, {use: calibration, bins: [2, 25]}]}",
       "10:98", "the set `test` has 24 samples, too few for 25 `bins`"},
      {"dataset: {validation: 0}, procedure: {use: evaluate, split: validation}", "10:63",
       "the set `validation` has no samples to evaluate on"},
      {"weights: none, model: {hidden: [9]}, procedure: {use: evaluate, predictor: {use: "
       "posterior, "
       "stage: first}}",
       "10:125", "the posterior of stage `first` is of another model, with another `"},
      {"weights: none, model: {hidden: [9]}, objective: cross_entropy, procedure: {use: sharpness, "
       "predictor: {use: posterior, stage: first}}",
       "10:152", "the posterior of stage `first` is of another model, with another `"},
  };
  for (const auto& c : cases) {
    INFO(c.second);
    const Folder folder;
    folder.write("m.yaml", head() + c.second + "}\n");
    const auto said = shell("cd " + folder.path().string() + " && assay run m.yaml");
    CHECK(said.code == 3);
    CHECK_THAT(said.err, Contains("m.yaml:" + c.place + ": " + c.sentence));
    CHECK_FALSE(fs::exists(folder.path() / "runs"));
  }
}

TEST_CASE("what depends on a selection to come is not told before it") {
  const Folder folder;
  folder.write("m.yaml",
               head() +
                   "selector: uniform, procedure: {use: select, n: 10}}\n  third: {after: second, "
                   "subset: second, weights: none, procedure: {use: train, epochs: 30, batch: 8, "
                   "callbacks: [{use: collect_samples, start: 0, most: 60}]}}\n");
  // Of 10 samples these are 60 steps and 30 sets; of all 72 they would be 270 steps.
  const auto said = shell("cd " + folder.path().string() + " && assay run m.yaml");
  CHECK(said.code == 0);
  CHECK_THAT(shell("cd " + folder.path().string() +
                   " && assay validate m.yaml stages.third.procedure.layers=3")
                 .err,
             Contains("`layers` is 3, but the model has only 2"));
}
