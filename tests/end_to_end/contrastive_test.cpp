// Pretraining without labels and its probes, through the programs.
#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/support/shell.h"

using namespace assay::testing;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string kHead = R"(assay: 1
name: c
dataset: &plain {use: fashion_mnist, validation: 64, train_limit: 256}
model: {use: projected, encoder: {use: conv_encoder, width: 4}}
objective: nt_xent
optimizer: {use: adamw, lr: 0.003}
stages:
  pretrain:
    dataset: {use: transformed, dataset: *plain, transforms: &views [{use: views, first: [resized_crop, flip, blur]}]}
    procedure: {use: train, epochs: 2, batch: 64, transforms: *views}
)";
const std::string kProbe = R"(  embed: {after: pretrain, procedure: embed}
  probe:
    after: embed
    weights: none
    dataset: {use: embedded, from: embed}
    model: {use: mlp, hidden: []}
    objective: cross_entropy
    optimizer: {use: sgd, lr: 0.1}
    procedure: {use: train, epochs: 2, batch: 64}
)";

Said run(const Folder& folder, const std::string& text, const std::string& words) {
  folder.write("m.yaml", text);
  return shell("cd " + folder.path().string() + " && assay " + words);
}

void expect_refusal(const std::string& manifest, const std::string& override,
                    const std::string& sentence, const std::string& place = "") {
  INFO(manifest << override);
  const Folder folder;
  const auto said = run(folder, manifest, "validate m.yaml " + override);
  CHECK(said.code == 3);
  CHECK_THAT(said.err, Contains(sentence) && Contains(place));
}

// Run folders by the stage that wrote them.
std::multimap<std::string, fs::path> folders(const Folder& folder) {
  std::multimap<std::string, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder.path() / "runs/c"))
    if (const auto file = entry.path() / "resolved.yaml"; fs::exists(file)) {
      const auto text = slurp(file);
      const auto at = text.find("\nstage: \"") + 9;
      found.emplace(text.substr(at, text.find('"', at) - at), entry.path());
    }
  return found;
}

}  // namespace

TEST_CASE("a sweep over probes pretrains once, and leaves the encoder as it is") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said =
      run(folder, kHead + kProbe + "sweep: {stages.probe.optimizer.lr: [0.1, 0.3, 1]}\n",
          "run m.yaml --json");
  INFO(said.err);
  for (const auto& trial : nlohmann::json::parse(said.out).at("trials"))
    CHECK(trial.at("state") == "done");
  const auto found = folders(folder);
  REQUIRE(found.count("pretrain") == 1);
  REQUIRE(found.count("embed") == 1);
  CHECK(found.count("probe") == 3);
  const auto weights = [&](const std::string& stage) {
    return slurp(found.find(stage)->second / "checkpoints/last/model.safetensors");
  };
  CHECK(weights("embed") == weights("pretrain"));
  CHECK_THAT(slurp(found.find("pretrain")->second / "metrics.jsonl"),
             Contains("validation/term/nt_xent"));
}

TEST_CASE("an encoder is finetuned with a new head") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said = run(folder,
                        kHead +
                            "  tune:\n    after: pretrain\n    weights: {stage: pretrain, take: "
                            "{\"encoder.*\": \"*\"}, new: [\"output.*\"]}\n    model: {use: "
                            "conv_encoder, width: 4}\n    objective: cross_entropy\n    procedure: "
                            "{use: train, epochs: 1, batch: 64}\n",
                        "run m.yaml");
  INFO(said.err);
  CHECK(said.code == 0);
}

TEST_CASE("what contrastive learning cannot do is told at its place before anything is trained") {
  if (fashion_missing()) return;
  const std::pair<std::string, std::string> cases[] = {
      {"stages.pretrain.procedure.batch=255",
       "command line:1:33: 256 samples of the train split in batches of 255 leave one of 1"},
      {"stages.pretrain.procedure.evaluate_batch=63",
       "command line:1:42: 64 samples of the validation split in batches of 63 leave one of 1"},
      {"stages.pretrain.procedure.transforms=[flip]",
       "m.yaml:5:12: the samples have no second view"},
      {"stages.pretrain.dataset.splits=[test]", "m.yaml:5:12: the samples have no second view"},
      {"objective=byol", "command line:1:11: `projected` has no predictor"},
      {"objective.temperature=0", "command line:1:23: `temperature` is the number 0"},
      {"stages.pretrain.procedure.accumulate=2",
       "m.yaml:10:16: procedure `train` with `accumulate: 2` needs to split the batch"},
      {"model.encoder='{use: conv_encoder, blocks: 6}'",
       "command line:1:15: model `projected`: model `conv_encoder`: `blocks` is 6, too many"},
      {"model='{use: mlp}'", "m.yaml:5:12: objective `nt_xent` needs a model with the ability"},
  };
  for (const auto& [override, sentence] : cases) expect_refusal(kHead, override, sentence);
}

TEST_CASE("views that cannot be made are refused at their place") {
  if (fashion_missing()) return;
  const std::pair<std::string, std::string> cases[] = {
      {"[{use: views, first: [grayscale]}]", "only color images, which have 3, become gray"},
      {"[{use: views, first: [{use: color_jitter, hue: 0.1}]}]",
       "`saturation` and `hue` are of color images"},
      {"[{use: views, first: [{use: color_jitter, brightness: 0, contrast: 0}]}]",
       "all strengths are 0"},
      {"[{use: views, first: [{use: blur, size: 57}]}]", "takes at most 55"},
      {"[{use: views, first: [{use: fourier, mode: swap, beta: 0.03, window: published}]}]",
       "no frequency is changed"},
      {"[{use: views, first: [flip]}, blur]", "would change the first view alone"},
  };
  for (const auto& [list, sentence] : cases)
    expect_refusal(kHead, "'stages.pretrain.procedure.transforms=" + list + "'", sentence,
                   "command line:1:");
}

TEST_CASE("what a later stage cannot measure of a contrastive loss is told before training") {
  if (fashion_missing()) return;
  const std::string views =
      "dataset: {use: transformed, dataset: *plain, transforms: *views, splits: ";
  const auto look = [&](const std::string& dataset, const std::string& procedure) {
    return kHead + "  look:\n    after: pretrain\n    " + dataset + "procedure: " + procedure +
           "\n";
  };
  const std::string train = views + "[train]}\n    ", test = views + "[test]}\n    ";
  const std::string none = "the samples have no second view";
  for (const std::string procedure : {"sharpness", "hessian", "loss_surface"})
    expect_refusal(look("", procedure), "", none, "m.yaml:5:12: ");
  expect_refusal(look("", "evaluate"), "", none, "m.yaml:5:12: ");
  expect_refusal(look(train, "{use: sharpness, samples: 256, m: 255}"), "",
                 "256 samples of the train split in batches of 255 leave one of 1", "m.yaml:14:");
  expect_refusal(look(test, "{use: evaluate, batch: 9999}"), "", "leave one of 1", "m.yaml:14:");
  expect_refusal(look(train, "sharpness"), "objective=moco", "what the steps of its training");
  expect_refusal(look(train, "{use: hessian, batch: 64}"), "", "all must be in one", "m.yaml:14:");
}

TEST_CASE("a training whose loss on validation images is impossible does not begin") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said = run(folder, kHead, "run m.yaml stages.pretrain.dataset.splits=[test]");
  CHECK(said.code == 5);
  CHECK_THAT(said.err,
             Contains("m.yaml:5:12: train, unit 0 of 8: the samples have no second view"));
}

TEST_CASE("run refuses the curvature of a contrastive loss over several batches in a first stage") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said = run(folder,
                        kHead +
                            "  look:\n    weights: none\n    dataset: {use: transformed, dataset: "
                            "*plain, transforms: *views, splits: [train]}\n    procedure: {use: "
                            "hessian, batch: 64}\n",
                        "run m.yaml");
  CHECK(said.code == 5);
  CHECK_THAT(said.err, Contains("all must be in one"));
}
