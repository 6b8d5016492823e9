// What changes an identity and what does not: on this rests that no work is repeated and none is
// wrongly reused.
#include <set>

#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

TEST_CASE("spelling, order, comments, names, limits and reports leave the identity alone") {
  Desk desk;
  const auto id = desk.id(kBase);
  CHECK(desk.id("# a remark\n" + kBase + "\n") == id);
  CHECK(desk.id("procedure: {use: train, steps: 5}\noptimizer: {momentum: 9e-1, lr: 1e-1, use: "
                "sgd}\nobjective: {use: ce}\n"
                "model: {use: mlp, hidden: [128]}\ndataset: {use: toy, size: 10}\nassay: 1\nname: "
                "other\n") == id);
  CHECK(desk.id(kBase + "limits: {workers: 7, time: 3h}\nreport: {metric: test/accuracy}\n") == id);
  CHECK(desk.id(kBase + "limits: {slurm: {partition: gpu, cpus: 4, extra: [--exclusive]}}\n") ==
        id);
  CHECK(desk.id(kBase + "seed: 0\ndevice: auto\ndeterministic: true\n") == id);
  CHECK(desk.id(kBase + "sweep:\n  seed: [0]\n") == id);
}

TEST_CASE("whatever may change a number changes the identity") {
  Desk desk;
  std::set<std::string> ids = {desk.id(kBase)};
  for (const char* change :
       {"optimizer.lr=0.2", "optimizer.use=adamw", "model.hidden=[128, 1]", "dataset.size=11",
        "procedure.steps=6", "+seed=1", "+device=cpu", "+deterministic=false", "optimizer.use=sam"})
    CHECK(ids.insert(desk.id(kBase, {change})).second);
  for (auto& component : desk.catalog.components)
    if (component.name == "sgd") component.build = "another build";
  CHECK(ids.insert(desk.id(kBase)).second);
  CHECK(ids.insert(desk.id(kBase, {"optimizer={use: sam, base: {use: sgd, lr: 0.1}}"})).second);
}

TEST_CASE("another build of the core makes other trials, of the same recipe") {
  Desk desk;
  desk.catalog.core = {{"assay-worker", "w"}, {"libassay_core.so", "c"}};
  const auto stage = desk.stage(kBase);
  desk.catalog.core["libassay_core.so"] = "another build";
  const auto rebuilt = desk.stage(kBase);
  CHECK(rebuilt.id != stage.id);
  CHECK(rebuilt.recipe == stage.recipe);
  CHECK(rebuilt.core == desk.catalog.core);
  CHECK(desk.stage(kBase, {"optimizer.lr=0.2"}).recipe != stage.recipe);
}

TEST_CASE("a recipe is that of all stages before, whatever built them") {
  Desk desk;
  const std::string text = kBase +
                           "stages:\n  a: {procedure: train}\n"
                           "  b: {after: a, weights: a, procedure: evaluate}\n";
  const auto of = [&](const std::vector<std::string>& overrides) {
    return desk.read(text, overrides).trials.at(0).stages.at(1);
  };
  const auto stage = of({});
  for (auto& component : desk.catalog.components)
    if (component.name == "train") component.build = "another build";
  CHECK(of({}).id != stage.id);
  CHECK(of({}).recipe == stage.recipe);
  CHECK(of({"stages.a.procedure={use: train, steps: 7}"}).recipe != stage.recipe);
}

TEST_CASE("a plugin that a trial does not use is no part of it") {
  Desk desk;
  const auto id = desk.id(kBase);
  for (auto& component : desk.catalog.components)
    if (component.name == "adamw") component.build = "another build";
  CHECK(desk.id(kBase) == id);
}

TEST_CASE("a file counts by its bytes, wherever it lies") {
  Desk desk;
  const auto with = [&](const std::string& name, const std::string& bytes) {
    desk.folder.write(name, bytes);
    return desk.id(kBase,
                   {"dataset={use: toy, file: " + (desk.folder.path() / name).string() + "}"});
  };
  const auto id = with("a.txt", "bytes");
  CHECK(with("b.txt", "bytes") == id);
  CHECK(with("c.txt", "other") != id);
}

TEST_CASE("of which plugin a component is, matters, even if the same plugins are used") {
  Desk desk;
  const auto id = desk.id(kBase);
  auto component = [&](const std::string& name) {
    return std::find_if(desk.catalog.components.begin(), desk.catalog.components.end(),
                        [&](const auto& one) { return one.name == name; });
  };
  const auto sgd = component("sgd"), ce = component("ce");
  std::swap(sgd->plugin, ce->plugin);
  std::swap(sgd->build, ce->build);
  CHECK(desk.id(kBase) != id);
}
