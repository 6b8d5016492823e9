// What an optimizer cannot work with is said before a step is taken, with the manifest's place;
// what goes wrong later ends the trial with its step and term, and leaves the last checkpoint.
#include <catch2/catch.hpp>

#include "tests/support/data.h"
#include "tests/support/shell.h"

using namespace assay::testing;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string kHead =
    "assay: 1\nname: r\nmodel: {use: mlp, hidden: [8]}\nprocedure: {use: train, steps: 4, batch: "
    "32}\nobjective: cross_entropy\n";
const std::string kPlain = "dataset: {use: fashion_mnist, validation: 100, train_limit: 200}\n";
const std::string kGroups =
    "dataset: {use: colored, images: {use: fashion_mnist, validation: 100, train_limit: 200}}\n";

Said run(const Folder& folder, const std::string& text, const std::string& more = "") {
  folder.write("m.yaml", text);
  return shell("cd " + folder.path().string() + " && assay run m.yaml " + more);
}

}  // namespace

TEST_CASE("what optimizers refuse is said with the place, and nothing is trained") {
  if (fashion_missing()) return;
  struct Case {
    std::string dataset, optimizer, sentence;
    int code;
  };
  const Case cases[] = {
      {kPlain, "pcgrad", "m.yaml:7:12: train, unit 0 of 4: optimizer `pcgrad` weights the terms",
       5},
      {kPlain, "{use: pga}", "the loss has only one: cross_entropy", 5},
      {kPlain, "{use: sam, base: {use: mgda}}", "optimizer `mgda` weights the terms", 5},
      {kPlain, "group_dro", "m.yaml:7:12: optimizer `group_dro`: weights groups", 5},
      {kPlain, "cpt", "the dataset has no groups", 5},
      {kGroups, "{use: cpt, control: [1, 2, 3]}",
       "m.yaml:7:12: optimizer `cpt`: `control` has 3 numbers, expected one for each of the 4 "
       "groups",
       5},
      {kGroups, "{use: cpt, control: [1, -2, 3, 1]}", "m.yaml:7:36: `control`", 3},
      {kGroups, "{use: cpt, control: [1, 0, 3, 1]}", "expected a real number, x > 0", 3},
      {kPlain, "{use: sam, rho: -0.1}", "m.yaml:7:28: `rho` is the number -0.1", 3},
      {kGroups, "{use: cpt, base: {use: group_dro}}",
       "m.yaml:7:29: optimizer `group_dro` needs the separate terms or groups of the loss, which "
       "`cpt` around it does not pass on",
       3},
  };
  for (const auto& c : cases) {
    INFO(c.optimizer);
    const Folder folder;
    const auto said = run(folder, kHead + c.dataset + "optimizer: " + c.optimizer + "\n");
    CHECK(said.code == c.code);
    CHECK_THAT(said.err + said.out, Contains(c.sentence));
    CHECK_THAT(shell("cat " + folder.path().string() + "/runs/r/*/metrics.jsonl").out,
               !Contains("train/loss"));
  }
}

TEST_CASE("describe refuses optimizers that it cannot nest or count") {
  const std::pair<std::string, std::string> cases[] = {
      {"sam(m_sam)", "its base splits the batch"},
      {"sam(sgd(adamw))", "optimizer `sgd` is not around another one: remove `(adamw)`"},
      {"sam(pgaa)", "there is no optimizer `pgaa`; did you mean `pga`?"},
      {"sam(pga", "is not a nesting of optimizers"},
      {"sam(pga))", "is not a nesting of optimizers"},
      {"sam(weighted_sum)", "`weighted_sum` has none for `weights`"},
  };
  for (const auto& [nesting, sentence] : cases) {
    INFO(nesting);
    const auto said = shell("assay describe '" + nesting + "'");
    CHECK(said.code != 0);
    CHECK_THAT(said.err, Contains(sentence));
  }
}

TEST_CASE("what cannot be selected is said with the place") {
  if (fashion_missing()) return;
  const std::string manifest =
      "assay: 1\nname: r\n"
      "dataset: {use: class_subset, classes: [0, 2, 4], dataset: {use: fashion_mnist, validation: "
      "100, train_limit: 300}}\n"
      "model: {use: mlp, hidden: [16]}\nobjective: cross_entropy\noptimizer: sgd\nstages:\n"
      "  pick: {selector: skmm, procedure: {use: select, n: 20, width: 16}}\n"
      "  tune: {after: pick, subset: pick, procedure: {use: train, steps: 2}}\n";
  const std::pair<std::string, std::string> cases[] = {
      {"stages.pick.procedure.n=93", "`n` is 93, but the training split has only 92 samples"},
      {"stages.pick.procedure.layers=1 stages.pick.procedure.width=52",
       "`width` is 52, but a gradient has only 51 elements"},
      {"stages.pick.procedure.layers=3", "`layers` is 3, but the model has only 2"},
      {"stages.pick.selector=forgetting", "one earlier training stage that counted forgetting"},
      {"dataset.dataset.train_limit=3 stages.pick.procedure.n=1 "
       "stages.pick.selector=class_balanced",
       "class 1 (`pullover`) has no sample in the training split"},
      {"dataset='{use: csv_table, path: t.csv}' stages.pick.selector=craig "
       "stages.tune.procedure=fit stages.tune.model=cart +stages.tune.weights=none",
       "procedure `fit` cannot weight samples"},
      {"stages.tune.procedure='{use: select, n: 21}' stages.tune.selector=uniform",
       "`n` is 21, but the training split has only 20 samples"},
      {"stages.tune.procedure.layers=3", "`layers` is 3, but the model has only 2"},
      {"'dataset.classes=[0,10]'", "`classes` names 10, but the dataset has classes 0 to 9"},
  };
  for (const auto& [override, sentence] : cases) {
    INFO(override);
    const Folder folder;
    std::string rows = "x,y,label\n";
    for (int k = 0; k < 60; ++k)
      rows += std::to_string(k) + "," + std::to_string(k % 7) + "," + (k < 30 ? "a" : "b") + "\n";
    folder.write("t.csv", rows);
    const auto said = run(folder, manifest, override);
    CHECK((said.code == 5 || said.code == 3));  // 3: told before `pick` has run
    CHECK_THAT(said.err + said.out, Contains(sentence));
    CHECK_THAT(said.err + said.out, Contains("m.yaml:") || Contains("command line:"));
  }
}

TEST_CASE(
    "a loss that is not finite ends with exit 6, its step and term, and the last checkpoint") {
  if (fashion_missing()) return;
  const Folder folder;
  const auto said = run(folder, kHead + kPlain +
                                    "optimizer: {use: sam, base: {use: sgd, lr: 1e30}}\nlimits: "
                                    "{checkpoint_every: 0s}\n");
  CHECK(said.code == 6);
  CHECK_THAT(said.err, Contains("train, unit 1 of 4: the term `cross_entropy` is"));
  const auto unit =
      shell("cat " + folder.path().string() + "/runs/r/*/checkpoints/last/state.json | head -2");
  CHECK_THAT(unit.out, Contains("\"unit\":1,"));
}
