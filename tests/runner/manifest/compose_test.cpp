// What includes, overrides and references come to.
#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

TEST_CASE("defaults are filled in, and a component may be a word") {
  Desk desk;
  const auto stage = desk.stage(kBase);
  CHECK(stage.name == "main");
  CHECK(stage.components.at("optimizer") == Spec{"sgd", {{"lr", 0.1}, {"momentum", 0.9}}});
  CHECK(stage.components.at("dataset") ==
        Spec{"toy", {{"size", std::int64_t{10}}, {"file", std::string()}}});
  CHECK(stage.components.at("model") == Spec{"mlp", {{"hidden", Integers{128}}}});
  CHECK(stage.device == "auto");
  CHECK(stage.deterministic);
  CHECK(stage.plugins.at("/p/sgd.so") == "b-sgd");
}

TEST_CASE("nested components and lists of them are typed") {
  Desk desk;
  const auto sam = desk.stage(kBase, {"optimizer={use: sam, base: {use: adamw, lr: 1}}"})
                       .components.at("optimizer");
  CHECK(std::get<Spec>(sam.params.at("base")) == Spec{"adamw", {{"lr", 1.0}, {"eps", 1e-8}}});
  const auto mixed =
      desk.stage(kBase, {"optimizer={use: mixed, bases: [sgd, {use: adamw, eps: 1e-3}]}"})
          .components.at("optimizer");
  CHECK(std::get<Specs>(mixed.params.at("bases")).at(1) ==
        Spec{"adamw", {{"lr", 0.001}, {"eps", 1e-3}}});
}

TEST_CASE(
    "what a manifest includes lies below it; a component of another name replaces the one below "
    "whole") {
  Desk desk;
  desk.folder.write("base.yaml", kBase + "seed: 7\n");
  const auto kept = desk.stage("include: base.yaml\noptimizer: {use: sgd, momentum: 0.5}\n");
  CHECK(kept.components.at("optimizer") == Spec{"sgd", {{"lr", 0.1}, {"momentum", 0.5}}});
  CHECK(kept.seed == 7);
  const auto other = desk.stage("include: base.yaml\noptimizer: {use: adamw}\nseed: 8\n");
  CHECK(other.components.at("optimizer") == Spec{"adamw", {{"lr", 0.001}, {"eps", 1e-8}}});
  CHECK(other.seed == 8);
}

TEST_CASE(
    "of two includes the later one wins, and a mistake is located in the file that holds it") {
  Desk desk;
  desk.folder.write("a.yaml", kBase + "seed: 1\n");
  desk.folder.write("b.yaml", "seed: 2\n");
  CHECK(desk.stage("include: [a.yaml, b.yaml]\n").seed == 2);
  desk.folder.write("c.yaml", "optimizer: {lr: -1}\n");
  CHECK_THAT(desk.mistake("include: [a.yaml, c.yaml]\n"),
             Contains("c.yaml:1:17: ") && Contains("`lr`"));
}

TEST_CASE("overrides set, add and remove; another `use` begins the component anew") {
  Desk desk;
  CHECK(real(desk.stage(kBase, {"optimizer.lr=0.3"}).components.at("optimizer"), "lr") == 0.3);
  CHECK(desk.stage(kBase, {"optimizer.use=adamw"}).components.at("optimizer") ==
        Spec{"adamw", {{"lr", 0.001}, {"eps", 1e-8}}});
  CHECK(real(desk.stage(kBase, {"optimizer.use=sam", "optimizer.base={use: sgd, lr: 0.2}"})
                 .components.at("optimizer"),
             "rho") == 0.05);
  CHECK_THAT(desk.mistake(kBase, {"optimizer.use=sam", "optimizer.base.lr=0.2"}),
             Contains("this optimizer has no name: write `use: sgd`"));
  CHECK(desk.stage(kBase, {"model.hidden=[3, 4]"}).components.at("model").params.at("hidden") ==
        Value{Integers{3, 4}});
  CHECK(desk.stage(kBase + "seed: 3\n", {"~seed"}).seed == 0);
  CHECK(desk.stage(kBase, {"+seed=4"}).seed == 4);
  CHECK_THAT(desk.mistake(kBase + "seed: 3\n", {"+seed=4"}), Contains("already exists"));
  CHECK_THAT(desk.mistake(kBase, {"~sede"}),
             Contains("cannot remove `sede`: there is no such key"));
  CHECK_THAT(desk.mistake(kBase, {"optimizer.lr=fast"}), Contains("command line:1:14: "));
}

TEST_CASE("an item of a list is set, added and removed by its index") {
  Desk desk;
  const auto bases = [&](const Strings& overrides) {
    Strings all{"optimizer={use: mixed, bases: [sgd, {use: adamw, eps: 1e-3}]}"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    const auto mixed = desk.stage(kBase, all).components.at("optimizer");
    return std::get<Specs>(mixed.params.at("bases"));
  };
  const Spec sgd{"sgd", {{"lr", 0.1}, {"momentum", 0.9}}};
  const Spec adamw{"adamw", {{"lr", 0.001}, {"eps", 1e-3}}};
  CHECK(bases({"optimizer.bases.0.lr=0.5"}) ==
        Specs{{"sgd", {{"lr", 0.5}, {"momentum", 0.9}}}, adamw});
  CHECK(bases({"optimizer.bases.1=sgd"}) == Specs{sgd, sgd});
  CHECK(bases({"optimizer.bases.2=sgd"}) == Specs{sgd, adamw, sgd});
  CHECK(bases({"~optimizer.bases.0"}) == Specs{adamw});
  const auto mistake = [&](const std::string& text) {
    return desk.mistake(kBase, {"optimizer={use: mixed, bases: [sgd]}", text});
  };
  CHECK_THAT(mistake("optimizer.bases.1.lr=0.5"),
             Contains("command line:2:") &&
                 Contains("`optimizer.bases` is a list of 1 item, in which `1` is not an index"));
  CHECK_THAT(mistake("optimizer.bases.lr=0.5"), Contains("`lr` is not an index"));
  CHECK_THAT(mistake("optimizer.bases.01=sgd"), Contains("`01` is not an index"));
}

TEST_CASE("an axis may be an item of a list") {
  Desk desk;
  const std::string text = kBase + "sweep:\n  optimizer.bases.0.lr: [0.1, 0.2]\n";
  CHECK(desk.read(text, {"optimizer={use: mixed, bases: [sgd]}"}).trials.size() == 2);
}

TEST_CASE("an axis is overridden by its name, dots and all, and an alternative within it") {
  Desk desk;
  const std::string text =
      kBase + "sweep:\n  optimizer.lr: [0.1, 0.2]\n  model: {small: {use: mlp, hidden: [1]}}\n";
  const auto lr = [](const Experiment& experiment) {
    std::vector<double> all;
    for (const auto& trial : experiment.trials)
      all.push_back(real(trial.stages[0].components.at("optimizer"), "lr"));
    return all;
  };
  CHECK(lr(desk.read(text)) == std::vector{0.1, 0.2});
  CHECK(lr(desk.read(text, {"sweep.optimizer.lr=[0.3, 0.4, 0.5]"})) == std::vector{0.3, 0.4, 0.5});
  CHECK(lr(desk.read(text, {"~sweep.optimizer.lr"})) == std::vector{0.1});
  CHECK(lr(desk.read(text, {"~sweep.optimizer.lr", "optimizer.lr=0.7"})) == std::vector{0.7});
  CHECK(lr(desk.read(kBase, {"+sweep.optimizer.lr=[0.6]"})) == std::vector{0.6});
  const auto deeper = desk.read(text, {"sweep.model.small.hidden=[7]"});
  CHECK(deeper.trials.at(0).stages[0].components.at("model").params.at("hidden") ==
        Value{Integers{7}});
  CHECK(desk.mistake(text, {"optimizer.lr=1"}).find("override `sweep.optimizer.lr`") !=
        std::string::npos);
}

TEST_CASE("a mistake on the command line is told with the number of its override") {
  Desk desk;
  CHECK_THAT(desk.mistake(kBase, {"seed=1", "optimizer.lr=fast"}),
             Contains("command line:2:14: `lr` is the text `fast`"));
  CHECK_THAT(desk.mistake(kBase, {"seed=1", "+seed=2"}), Contains("command line:2:1: "));
}

TEST_CASE("references take the value of another place, after overrides") {
  Desk desk;
  const std::string text = kBase + "seed: ${dataset.size}\n";
  CHECK(desk.stage(text, {"dataset={use: toy, size: 12}"}).seed == 12);
  const auto lr = desk.stage(
      kBase, {"optimizer={use: sam, rho: 0.7, base: {use: sgd, lr: \"${optimizer.rho}\"}}"});
  CHECK(real(std::get<Spec>(lr.components.at("optimizer").params.at("base")), "lr") == 0.7);
}

TEST_CASE("paths are relative to the file that names them, and must exist") {
  Desk desk;
  std::filesystem::create_directory(desk.folder.path() / "sub");
  desk.folder.write("sub/data.txt", "x");
  desk.folder.write("sub/base.yaml", kBase + "seed: 1\n");
  desk.folder.write("sub/data.yaml", "dataset: {use: toy, file: data.txt}\n");
  const auto stage = desk.stage("include: [sub/base.yaml, sub/data.yaml]\n");
  const auto path = (desk.folder.path() / "sub/data.txt").string();
  CHECK(std::get<std::string>(stage.components.at("dataset").params.at("file")) == path);
  CHECK(stage.data.contains(path));
  CHECK_THAT(desk.mistake(kBase, {"dataset={use: toy, file: none.txt}"}), Contains("none.txt"));
}

TEST_CASE("a part that cannot be left out, and what multiplies itself, are refused") {
  Desk desk;
  CHECK_THAT(desk.mistake(kBase, {"optimizer={use: sam, base: null}"}),
             Contains("`base` is an empty value, expected an optimizer"));
  std::string bomb = kBase + "seed: ${a24}\na0: x\n";
  for (int k = 1; k <= 24; ++k)
    bomb += "a" + std::to_string(k) + ": \"${a" + std::to_string(k - 1) + "}${a" +
            std::to_string(k - 1) + "}\"\n";
  CHECK_THAT(desk.mistake(bomb),
             Contains("references of this manifest expand to more than 10000 values"));
  for (int k = 0; k < 18; ++k) {
    const auto next = "i" + std::to_string(k + 1) + ".yaml";
    desk.folder.write("i" + std::to_string(k) + ".yaml", "include: [" + next + ", " + next + "]\n");
  }
  desk.folder.write("i18.yaml", "seed: 1\n");
  CHECK_THAT(desk.mistake(kBase + "include: i0.yaml\n"), Contains("more than 100 files"));
  CHECK_THAT(desk.mistake(kBase, {"+include=x.yaml"}),
             Contains("cannot be set on the command line"));
  CHECK_THAT(desk.mistake(kBase + "foo: {metric: a, compare: bogus}\nreport: ${foo}\n"),
             Contains("there is no key `foo` in a manifest"));
}

TEST_CASE("what users of other tools write is answered with what to write here") {
  Desk desk;
  const auto says = [&](const std::string& change, const std::string& answer) {
    INFO(change);
    CHECK_THAT(desk.mistake(kBase, {change}), Contains(answer));
  };
  says("optimizer.lr=0.1,0.2", "; for several values, add an axis to `sweep`");
  says("optimizer.lr=[0.1, 0.2]", "; for several values, add an axis to `sweep`");
  says("optimizer.lr=${oc.env:LR}", "a manifest does not read the environment: override");
  says("optimizer.lr=${seed}", "write `seed: 0` at the top of the manifest");
  says("+dataset.file=~/t.csv", "`~` is not expanded");
  says("model.hidden.0=64", "an item is set by its index only if the manifest has the list");
  says("name=#id", "since `#` begins a comment in YAML: write name='\"#id\"'");
  says("+sweep.seed=range(5)", "; write the values, as in [0, 1, 2]");
  says("+sweep.optimizer.lr={min: 0.1, max: 1}",
       "axis `optimizer.lr` is a map of min and max, which would be names of alternatives");
  CHECK_THAT(desk.mistake(kBase + "seed:\n\tx: 1\n"),
             Contains("; indent with spaces, not with tabs"));
}
