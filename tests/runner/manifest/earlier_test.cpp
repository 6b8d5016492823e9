// What a stage takes from earlier ones: weights under other names, artifacts, weights for parts.
#include <catch2/catch.hpp>

#include "runner/manifest/stage_json.h"
#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

const std::string kProbe = kBase + R"(stages:
  fit: {procedure: train}
  probe:
    after: fit
    model: {use: mlp, hidden: [7]}
)";

FieldInfo stage_field(const char* name, const char* artifact, Type type = Type::kString) {
  FieldInfo field{name, type, Value{std::string()}, {}, "A stage.", kStage, false};
  if (type == Type::kStrings) field.default_value = Value{Strings{}};
  field.artifact = artifact;
  return field;
}

// The objective `ce` reads an artifact of one stage and the weights of several.
struct ReadingDesk : Desk {
  ReadingDesk() {
    for (auto& info : catalog.components) {
      if (info.name == "ce")
        info.fields = {stage_field("from", "features"),
                       stage_field("members", kFinalWeights, Type::kStrings)};
      if (info.name == "train") info.artifacts = {"features", "part_*"};
      if (info.name == "evaluate") info.needs = {"dataset"};
    }
  }
};

InitialWeights weights(Desk& desk, const std::string& text) {
  return desk.read(kProbe + "    weights: " + text + "\n").trials.at(0).stages.at(1).weights;
}

}  // namespace

TEST_CASE("weights are of a stage or of a file, under other names or not") {
  Desk desk;
  CHECK(weights(desk, "fit").stage == "fit");
  CHECK(weights(desk, "none").empty());
  const auto some = weights(desk, "{stage: fit, take: {\"encoder.*\": \"*\"}, new: [\"out.*\"]}");
  CHECK(some.stage == "fit");
  CHECK(some.take.at(0) == std::pair<std::string, std::string>{"encoder.*", "*"});
  CHECK((some.kept == Strings{"out.*"}));
  const auto file = desk.folder.write("r.safetensors", "bytes");
  CHECK(weights(desk, "{file: r.safetensors}").file == file.string());
}

TEST_CASE("a manifest without stages may begin with the weights of a file") {
  Desk desk;
  desk.folder.write("r.safetensors", "bytes");
  const auto stage = desk.stage(kBase + "weights: {file: r.safetensors}\n");
  CHECK(stage.data.contains(stage.weights.file));
  CHECK_THAT(desk.mistake(kProbe + "    weights: none\nweights: {file: r.safetensors}\n"),
             Contains("move it into the stage"));
}

TEST_CASE("mistakes in weights are told with what would be right") {
  Desk desk;
  desk.folder.write("r.safetensors", "bytes");
  const auto mistake = [&](const std::string& text) {
    return desk.mistake(kProbe + "    weights: " + text + "\n");
  };
  CHECK_THAT(mistake("fti"), Contains("m.yaml:13:14") && Contains("expected a stage of `after`"));
  CHECK_THAT(mistake("[fit]"), Contains("a map such as {file: FILE}"));
  CHECK_THAT(mistake("{}"), Contains("either `stage`") && Contains("or `file`"));
  CHECK_THAT(mistake("{stage: fit, file: r.safetensors}"), Contains("either `stage`"));
  CHECK_THAT(mistake("{file: s.safetensors}"), Contains("there is no file or folder"));
  CHECK_THAT(mistake("{stage: fit, tkae: {}}"), Contains("did you mean `take`?"));
  CHECK_THAT(mistake("{stage: fit, take: {\"a.*\": b}}"), Contains("another number of `*`"));
  CHECK_THAT(mistake("{stage: fit, names: torchvision}"), Contains("`names` is for a `file`"));
  CHECK_THAT(mistake("{file: r.safetensors, names: torchvision}"),
             Contains("model `mlp` does not know"));
}

TEST_CASE("what is taken, and the bytes of a file, are part of the identity") {
  Desk desk;
  desk.folder.write("r.safetensors", "bytes");
  const auto id = [&](const std::string& text) {
    return desk.read(kProbe + "    weights: " + text + "\n").trials.at(0).stages.at(1).id;
  };
  const auto first = id("{file: r.safetensors}");
  CHECK(id("{file: r.safetensors, new: [\"a*\"]}") != first);
  CHECK(id("{stage: fit, take: {a: b}}") != id("{stage: fit, take: {a: c}}"));
  CHECK(id("{stage: fit}") == id("fit"));
  desk.folder.write("again/r.safetensors", "bytes");
  CHECK(id("{file: again/r.safetensors}") == first);
}

TEST_CASE("a field that names a stage is checked against what that stage leaves") {
  ReadingDesk desk;
  const auto mistake = [&](const std::string& fields) {
    return desk.mistake(
        kProbe + "    weights: none\n    objective: {use: ce, " + fields + "}\n" +
        "  test: {procedure: evaluate}\n  last: {after: [fit, test], weights: none, objective: "
        "{use: ce, members: [fit]}}\n");
  };
  CHECK(mistake("from: fit").empty());
  CHECK(mistake("members: [fit]").empty());
  CHECK_THAT(mistake("from: fti"), Contains("`from` is `fti`, which is no stage of `after`") &&
                                       Contains("did you mean `fit`?"));
  CHECK_THAT(mistake("from: test"), Contains("is no stage of `after`; those are fit"));
  CHECK_THAT(desk.mistake(kProbe +
                          "    weights: none\n  test: {procedure: evaluate}\n  last: {after: test, "
                          "objective: {use: ce, from: test}}\n"),
             Contains("reads the artifact `features` of stage `test`, which leaves none"));
}

TEST_CASE("a stage that a field names is in the identity as what it computes, not by its name") {
  ReadingDesk desk;
  const auto text = [&](const std::string& first, const std::string& second) {
    return kBase + "stages:\n  " + first + ": {procedure: {use: train, steps: 1}}\n  " + second +
           ": {procedure: {use: train, steps: 2}}\n  last: {after: [a, b], weights: none, "
           "objective: {use: ce, from: a}}\n";
  };
  const auto last = [&](const std::string& manifest) {
    return desk.read(manifest).trials.at(0).stages.at(2).id;
  };
  CHECK(last(text("a", "b")) != last(text("b", "a")));
}

TEST_CASE("two stages that are one training are not averaged") {
  ReadingDesk desk;
  const auto members = [&](const std::string& seed) {
    return kBase +
           "stages:\n  a: {procedure: train, seed: 1}\n  b: {procedure: train, seed: " + seed +
           "}\n  last: {after: [a, b], weights: none, objective: {use: ce, members: [a, b]}}\n";
  };
  CHECK(desk.mistake(members("2")).empty());
  CHECK_THAT(desk.mistake(members("1")),
             Contains("m.yaml:11:70: `members` has `a` and `b`, which are the same training") &&
                 Contains("`seed: {of: member, k: 1}`"));
}

TEST_CASE("the models that a stage reads are kept with it") {
  ReadingDesk desk;
  const auto trial =
      desk.read(kBase +
                "stages:\n  a: {procedure: train, seed: 1}\n  b: {procedure: train}\n"
                "  last: {after: [a, b], weights: b, objective: {use: ce, members: [a]}}\n")
          .trials.at(0);
  CHECK(trial.stages.at(0).models.empty());
  CHECK((trial.stages.at(2).models == Strings{"a", "b"}));  // b's as its weights
  CHECK(stage_from_json(to_json(trial.stages.at(2))).models == trial.stages.at(2).models);
}

TEST_CASE("a procedure that takes a trained model is told where from") {
  Desk desk;
  for (auto& info : desk.catalog.components)
    if (info.name == "evaluate") info.needs.push_back("weights");
  const auto mistake = [&](const std::string& test) {
    return desk.mistake(kBase + "stages:\n  fit: {procedure: train}\n  test: {" + test + "}\n");
  };
  CHECK(mistake("after: fit, procedure: evaluate").empty());
  CHECK(mistake("procedure: evaluate, weights: none") == "");
  CHECK_THAT(mistake("procedure: evaluate"),
             Contains("m.yaml:10:21: procedure `evaluate` takes a trained model, and no stage of "
                      "`after` has one") &&
                 Contains("`weights: none`"));
}

TEST_CASE("if it is not clear with which weights a model starts, the manifest must say it") {
  ReadingDesk desk;
  const auto mistake = [&](const std::string& last) {
    return desk.mistake(kBase +
                        "stages:\n  fit: {procedure: train}\n  look: {after: fit, procedure: "
                        "train}\n  last: {" +
                        last + "}\n");
  };
  CHECK(mistake("after: look") == "");
  CHECK(mistake("after: look, model: {use: mlp, hidden: [7]}, weights: none") == "");
  CHECK(mistake("after: [fit, look], weights: fit") == "");
  CHECK_THAT(mistake("after: look, model: {use: mlp, hidden: [7]}"),
             Contains("it is not clear with which weights the model of stage `last` starts, since "
                      "stage `look` has a model with other parameters: add `weights:` with `look`, "
                      "or `weights: none`"));
  CHECK_THAT(mistake("after: [fit, look]"),
             Contains("since the stages fit and look have models: add `weights:` with one of fit, "
                      "look"));
  CHECK_THAT(mistake("after: fit, objective: {use: ce, members: [fit]}"),
             Contains("since a field of this stage reads the model of stage `fit` too"));
}

TEST_CASE("a trained model that is measured may not have new layers") {
  Desk desk;
  for (auto& info : desk.catalog.components)
    if (info.name == "evaluate") info.needs.push_back("weights/All");
  CHECK_THAT(
      desk.mistake(kBase + "stages:\n  fit: {procedure: train}\n  test: {after: fit, weights: "
                           "{stage: fit, new: [\"out.*\"]}, procedure: evaluate}\n"),
      Contains("of which `new` leaves a part untrained"));
}

TEST_CASE("ids are those of the dataset that they were selected from") {
  Desk desk;
  auto other = desk.catalog.components.front();
  other.name = "other";
  desk.catalog.components.push_back(other);
  desk.folder.write("a.csv", "a");
  desk.folder.write("b.csv", "b");
  for (auto& info : desk.catalog.components)
    if (info.name == "train") info.artifacts = {"ids"};
  const auto mistake = [&](const std::string& dataset) {
    return desk.mistake(
        kBase +
            "stages:\n  pick: {procedure: train, dataset: {use: toy, file: a.csv}}\n"
            "  fit: {after: pick, subset: pick, dataset: " +
            dataset + "}\n",
        {});
  };
  CHECK(mistake("{use: toy, file: a.csv, size: 11}") == "");
  CHECK_THAT(mistake("{use: toy, file: b.csv}"), Contains("selects from another dataset"));
  CHECK_THAT(mistake("{use: other, file: a.csv}"), Contains("selects from another dataset"));
}

TEST_CASE("a component whose default is itself is refused") {
  Desk desk;
  for (auto& info : desk.catalog.components)
    if (info.name == "sam") info.fields.at(1).default_value = Value{Spec{"sam", {}}};
  CHECK_THAT(desk.mistake(kBase, {"optimizer=sam"}), Contains("check whether a default is itself"));
}

TEST_CASE("a stage that is no map is told, though another one comes after it") {
  Desk desk;
  CHECK_THAT(desk.mistake(kBase + "stages: {fit: 3, probe: {after: fit}}\n"),
             Contains("stage `fit` is the number 3, expected a map"));
}

TEST_CASE("two components of a stage that leave one artifact are refused") {
  ReadingDesk desk;
  for (auto& info : desk.catalog.components)
    if (info.name == "ce") info.artifacts = {"features"};
  // An artifact counts only where the procedure takes its component.
  for (auto& info : desk.catalog.components)
    if (info.name == "evaluate") info.artifacts = {"features"}, info.needs = {"dataset"};
  const std::string apart = kBase + "stages:\n  look: {procedure: evaluate}\n";
  CHECK_NOTHROW(desk.read(apart));
  CHECK_THAT(desk.mistake(kProbe), Contains("`ce` and `train` both leave the artifact `features`"));
}
