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
      {"stages.pretrain.procedure.batch=255", "one of the batches has a single sample"},
      {"stages.pretrain.procedure.evaluate_batch=63", "one of the batches has a single sample"},
      {"stages.pretrain.procedure.transforms=[flip]", "the samples have no second view"},
      {"stages.pretrain.dataset.splits=[test]", "the samples have no second view"},
      {"objective=byol", "`projected` has no predictor"},
      {"objective.temperature=0", "`temperature` is the number 0"},
      {"stages.pretrain.procedure.accumulate=2",
       "needs to split the batch, which objective `nt_xent` does not allow"},
      {"model.encoder='{use: conv_encoder, blocks: 6}'", "too many for the size of the images"},
      {"model='{use: mlp}'", "needs"},
      {"'stages.pretrain.procedure.transforms=[{use: views, first: [grayscale]}]'",
       "only color images, which have 3, become gray"},
      {"'stages.pretrain.procedure.transforms=[{use: views, first: [{use: color_jitter, hue: "
       "0.1}]}]'",
       "`saturation` and `hue` are of color images"},
      {"'stages.pretrain.procedure.transforms=[{use: views, first: [{use: blur, size: 57}]}]'",
       "takes at most 55"},
      {"'stages.pretrain.procedure.transforms=[{use: views, first: [{use: fourier, mode: swap, "
       "beta: 0.03, window: published}]}]'",
       "no frequency is changed"},
  };
  for (const auto& [override, sentence] : cases) {
    INFO(override);
    const Folder folder;
    const auto said = run(folder, kHead, "validate m.yaml " + override);
    CHECK(said.code == 3);
    CHECK_THAT(said.err, Contains(sentence));
    CHECK_THAT(said.err, Contains("m.yaml:") || Contains("command line:"));
  }
}

TEST_CASE("a training whose loss on validation images is impossible does not begin") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said = run(folder, kHead, "run m.yaml stages.pretrain.dataset.splits=[test]");
  CHECK(said.code == 5);
  CHECK_THAT(said.err,
             Contains("m.yaml:5:12: train, unit 0 of 8: the samples have no second view"));
}
