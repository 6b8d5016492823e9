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

TEST_CASE("resolved.yaml reads back as the stage it was written from") {
  Desk desk;
  const auto experiment =
      desk.read(kBase +
                "report: {metric: test/accuracy}\nlimits:\n  retries: 2\n  checkpoint_every: 5s\n  "
                "memory: 1GiB\n"
                "  slurm: {partition: gpu, qos: low, time: 90m, cpus: 4, memory: 2GiB, gpus: 1, "
                "signal_before: 60s, extra: [--exclusive, -C a]}\n"
                "sweep:\n  optimizer: {a: {use: sam, rho: 0.1}}\n  seed: [3]\n");
  const auto& trial = experiment.trials.at(0);
  const auto file =
      desk.folder.write("resolved.yaml", resolved_yaml(experiment, trial, trial.stages.at(0)));
  const auto again = read_resolved(file, desk.catalog, Reading::kSame);
  const auto& stage = again.trials.at(0).stages.at(0);
  CHECK(stage.id == trial.stages[0].id);
  CHECK(stage.components == trial.stages[0].components);
  CHECK(stage.seed == 3);
  CHECK(again.name == "t");
  CHECK(again.trials[0].axes == trial.axes);
  CHECK(again.limits.retries == 2);
  CHECK(again.limits.checkpoint_every == 5);
  CHECK(again.limits.memory == (1LL << 30));
  CHECK(again.limits.slurm.time == 5400);
  CHECK(again.limits.slurm.memory == (2LL << 30));
  CHECK(again.limits.slurm.extra == assay::Strings{"--exclusive", "-C a"});
  CHECK(again.report.metric == "test/accuracy");
  CHECK(resolved_yaml(again, again.trials[0], stage) == slurp(file));
}

TEST_CASE("resolved.yaml tells the trial's seed beside that of its stage") {
  Desk desk;
  const auto experiment =
      desk.read(kBase + "seed: 3\nstages: {fit: {procedure: train, seed: 7}}\n");
  const auto& trial = experiment.trials.at(0);
  const auto file =
      desk.folder.write("resolved.yaml", resolved_yaml(experiment, trial, trial.stages.at(0)));
  const auto again = read_resolved(file, desk.catalog, Reading::kSame).trials.at(0);
  CHECK(again.seed == 3);
  CHECK(again.stages.at(0).seed == 7);
}

TEST_CASE("a trial whose plugin was rebuilt is not gone on with, but can be looked at") {
  Desk desk;
  const auto experiment = desk.read(kBase);
  const auto& trial = experiment.trials.at(0);
  const auto file =
      desk.folder.write("resolved.yaml", resolved_yaml(experiment, trial, trial.stages.at(0)));
  for (auto& component : desk.catalog.components)
    if (component.name == "sgd") component.build = "another build";
  CHECK_THROWS_WITH(read_resolved(file, desk.catalog, Reading::kSame),
                    Contains("/p/sgd.so was rebuilt after this run started"));
  CHECK(read_resolved(file, desk.catalog, Reading::kAsItWas).trials.at(0).id == trial.id);
}
