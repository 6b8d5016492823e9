// Stages that read earlier ones, and weights of files, through the programs.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
using Catch::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string head() {
  return "assay: 1\nname: e\ndataset: {use: csv_table, path: " +
         std::string(std::getenv("ASSAY_SOURCE")) +
         "/experiments/smoke/fruit.csv, validation: 0.2, test: 0.2}\nmodel: {use: mlp, hidden: "
         "[8]}\nobjective: cross_entropy\noptimizer: {use: sgd, lr: 0.1}\n";
}

const std::string kStages = R"(stages:
  first: {seed: {of: member, k: 0}, procedure: {use: train, steps: 20, batch: 8}}
  second: {seed: {of: member, k: 1}, procedure: {use: train, steps: 20, batch: 8}}
  embed: {after: first, procedure: embed}
  probe: {after: embed, weights: none, dataset: {use: embedded, from: embed}, model: {use: mlp, hidden: []},
          procedure: {use: train, steps: 20, batch: 8}}
  together: {after: [first, second], weights: none,
             procedure: {use: evaluate, predictor: {use: ensemble, members: [first, second]}}}
  student: {after: first, weights: none, model: {use: mlp, hidden: [4]}, procedure: {use: train, steps: 20, batch: 8},
            objective: {use: distillation, teacher: first}}
)";

Said run_assay(const Folder& folder, const std::string& text, const std::string& words) {
  folder.write("m.yaml", text);
  return shell("cd " + folder.path().string() + " && assay " + words);
}

// The run folders of the only trial's stages, by name.
std::map<std::string, fs::path> folders(const Folder& folder) {
  std::map<std::string, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder.path() / "runs/e"))
    if (const auto file = entry.path() / "resolved.yaml"; fs::exists(file)) {
      const auto text = slurp(file);
      const auto at = text.find("\nstage: \"") + 9;
      found[text.substr(at, text.find('"', at) - at)] = entry.path();
    }
  return found;
}

}  // namespace

TEST_CASE("a probe, an ensemble and a student read what earlier stages left") {
  const Folder folder;
  const auto text = head() + kStages + "sweep: {seed: [0, 1]}\n";
  const auto said = run_assay(folder, text, "run m.yaml --json");
  INFO(said.err);
  REQUIRE(said.code == 0);
  for (const auto& trial : Json::parse(said.out).at("trials")) CHECK(trial.at("state") == "done");
  // Two members and two seeds are four trainings.
  const auto seeds = shell("cd " + folder.path().string() +
                           "/runs/e && grep -h '^seed:' */resolved.yaml | sort -u | wc -l");
  CHECK(std::stoi(seeds.out) == 6);
  CHECK(
      Json::parse(run_assay(folder, text, "run m.yaml --json").out).at("trials")[0].at("reused") ==
      true);
}

TEST_CASE("weights go over to a model with another head, and misfits are all told") {
  const Folder folder;
  const auto with = [&](const std::string& weights) {
    return head() +
           "stages:\n  first: {procedure: {use: train, steps: 5, batch: 8}}\n"
           "  next: {after: first, model: {use: mlp, hidden: [8, 5]}, procedure: {use: "
           "train, steps: 5, batch: 8},\n         weights: " +
           weights + "}\n";
  };
  const auto wrong =
      run_assay(folder, with("{stage: first, take: {\"hidden0.*\": \"*\"}, new: [\"hidden1.*\"]}"),
                "run m.yaml");
  CHECK(wrong.code == 3);  // before `first` is trained for it
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
  CHECK_THAT(wrong.err, Contains("`hidden0.bias` [8] as `bias` is no tensor of the model"));
  CHECK(run_assay(folder,
                  with("{stage: first, take: {\"hidden0.*\": \"hidden0.*\"}, new: [\"hidden1.*\", "
                       "\"output.*\"]}"),
                  "run m.yaml")
            .code == 0);
  const auto told = run_assay(folder, with("first"), "validate m.yaml");
  CHECK(told.code == 3);
  CHECK_THAT(told.err, Contains("m.yaml:10:19") && Contains("`hidden1.bias` [5] of the model is "
                                                            "missing"));
}

TEST_CASE("teachers, members and weights must answer for the same classes") {
  const Folder folder;
  const auto table = [&](const char* name, const char* one, const char* two) {
    std::string text = "x,y,kind\n";
    for (int i = 0; i < 40; ++i)
      text += std::to_string(i) + "," + std::to_string(i % 7) + "," + (i < 20 ? one : two) + "\n";
    folder.write(name, text);
  };
  table("fruit.csv", "apple", "lemon");
  table("pet.csv", "cat", "dog");
  const auto with = [&](const std::string& later) {
    return "assay: 1\nname: e\nmodel: {use: mlp, hidden: [4]}\nobjective: "
           "cross_entropy\noptimizer: "
           "sgd\ndataset: {use: csv_table, path: fruit.csv, label: kind, test: 0.2}\nstages:\n  "
           "fruit: "
           "{procedure: {use: train, steps: 5, batch: 8}}\n  pet: {after: fruit, dataset: {use: "
           "csv_table, path: pet.csv, label: kind, test: 0.2}, procedure: {use: train, steps: 5, "
           "batch: 8}" +
           later + "}\n";
  };
  const auto validate = [&](const std::string& later) {
    return run_assay(folder, with(later), "validate m.yaml");
  };
  const auto kept = validate("");
  CHECK(kept.code == 3);
  CHECK_THAT(kept.err,
             Contains("the model of stage `fruit` answers for 2 classes, apple, lemon, and "
                      "the data of this stage have 2 classes, cat, dog") &&
                 Contains("list it in `new`"));
  CHECK(validate(", weights: {stage: fruit, new: [\"output.*\"]}").code == 0);
  const auto taught = validate(", weights: none, objective: {use: distillation, teacher: fruit}");
  CHECK(taught.code == 3);
  CHECK_THAT(taught.err, Contains("objective `distillation`: the model of stage `fruit` answers"));
}

TEST_CASE("a file of weights is checked by validate, to the tensor") {
  const Folder folder;
  const auto plain = head() + "procedure: {use: train, steps: 5, batch: 8}\n";
  REQUIRE(run_assay(folder, plain, "run m.yaml").code == 0);
  const auto file = folders(folder).at("main") / "checkpoints/last/model.safetensors";
  fs::copy_file(file, folder.path() / "w.safetensors");
  const auto good = plain + "weights: {file: w.safetensors}\n";
  CHECK(run_assay(folder, good, "validate m.yaml").code == 0);
  CHECK(run_assay(folder, good, "run m.yaml").code == 0);
  const auto said = run_assay(folder, good, "validate m.yaml model.hidden=[9]");
  CHECK(said.code == 3);
  CHECK_THAT(said.err, Contains("m.yaml:8:10") && Contains("w.safetensors") &&
                           Contains("is [8, ") && Contains("[9, ") && Contains("in the model"));
  CHECK_THAT(run_assay(folder, plain + "weights: {file: w.safetensors, new: [\"outptu.*\"]}\n",
                       "validate m.yaml")
                 .err,
             Contains("`new` has the pattern `outptu.*`") && Contains("`output`"));
}
