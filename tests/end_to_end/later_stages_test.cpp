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
  const std::pair<std::string, std::string> cases[] = {
      {"procedure: {use: train, epochs: 3, callbacks: [ema, {use: swag, start: 0.5, rank: 4}]}",
       "m.yaml:10:78: `swag` collects 1 sets of weights"},
      {"procedure: {use: train, epochs: 3, callbacks: [{use: swa, every: 9}]}",
       "`swa` collects 0 sets of weights"},
      {"procedure: {use: train, epochs: 30, callbacks: [{use: collect_samples, most: 9}]}",
       "`collect_samples` would keep 15 sets of weights, and `most` is 9"},
      {"procedure: {use: train, epochs: 3, callbacks: [ema, swa]}", "lend weights for evaluation"},
      {"dataset: {validation: 0}, procedure: {use: train, epochs: 3, callbacks: [best_weights]}",
       "`best_weights` needs a validation split"},
      {"procedure: {use: train, epochs: 3, layers: 3}", "`layers` is 3, but the model has only 2"},
      {"optimizer: {use: sgvb, base: {use: gsam}}, procedure: {use: train, epochs: 3}",
       "m.yaml:10:"},
      {"procedure: {use: evaluate, metrics: [accuracy, {use: calibration, bins: [2, 25]}]}",
       "the set `test` has 24 samples, too few for 25 `bins`"},
      {"weights: none, model: {hidden: [9]}, procedure: {use: evaluate, predictor: {use: "
       "posterior, "
       "stage: first}}",
       "the posterior of stage `first` is of another model, with another `"},
  };
  for (const auto& [second, sentence] : cases) {
    INFO(second);
    const Folder folder;
    folder.write("m.yaml", head() + second + "}\n");
    const auto said = shell("cd " + folder.path().string() + " && assay run m.yaml");
    CHECK(said.code == 3);
    CHECK_THAT(said.err, Contains(sentence) && Contains("m.yaml:10:"));
    CHECK_FALSE(fs::exists(folder.path() / "runs"));
  }
}
